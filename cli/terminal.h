// The user's terminal: what is one, how wide it is, and questions without echo.
#pragma once

#include <cstddef>
#include <string_view>

#include "fs/base/stop_token.h"
#include "fs/crypto/secure_memory.h"

namespace snapfs {

/// Whether lines written to `fd` can be overwritten.
bool can_rewrite_lines(int fd);

/// The columns of the terminal behind `fd`; 80 when it does not say.
std::size_t terminal_columns(int fd);

/// Asks on standard error and reads a line from standard input, which is a terminal, without
/// showing it. Throws Error{kCancelled} when stopped: the terminal is then as it was.
SecureBytes prompt_secret(std::string_view question, const StopToken& stop);

}  // namespace snapfs
