// The user's terminal: what is one, how wide it is, and questions without echo.
#pragma once

#include <cstddef>
#include <string_view>

#include "fs/base/stop_token.h"
#include "fs/crypto/secure_memory.h"

namespace snapfs {

/// Whether lines written to `fd` can be overwritten.
bool can_rewrite_lines(int fd);

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// The size of the terminal behind `fd`; the defaults above when it does not say.
TerminalSize terminal_size(int fd);

/// Asks on standard error and reads a line from standard input, which is a terminal, without
/// showing it. Throws Error{kCancelled} when stopped: the terminal is then as it was.
SecureBytes prompt_secret(std::string_view question, const StopToken& stop);

}  // namespace snapfs
