// The program as a function: command line in, exit status out.
#pragma once

namespace snapfs {

/// Never throws: what fails is reported on standard error.
int run_program(int argc, const char* const* argv) noexcept;

}  // namespace snapfs
