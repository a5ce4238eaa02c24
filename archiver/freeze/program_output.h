// The programs of volume managers, run for what they print.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snapfs {

/// Runs the program, looked for in PATH, to its end. Throws Error with the last line of what it
/// wrote to standard error when it cannot be started or fails.
std::string program_output(const std::vector<std::string>& arguments);

/// The lines of such output, without white space around them, empty ones left out.
std::vector<std::string> lines_of(std::string_view text);

/// The same of the fields of a line.
std::vector<std::string> fields_of(std::string_view line, char separator);

}  // namespace snapfs
