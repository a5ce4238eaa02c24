// Text files that users write: lists of patterns and of paths.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fs/base/bytes.h"

namespace snapfs {

/// A byte order mark is dropped, UTF-16 is converted to UTF-8. Anything else stays as it is.
std::string decode_text(ByteView content);

/// Without the line ends, which are "\n" or "\r\n".
std::vector<std::string> split_lines(std::string_view text);

/// Throws Error{kUsage} that names `path` and the line when there is a zero byte in it, which no
/// path, pattern or address has: the system would take what is before it for the whole.
void require_no_zero_byte(std::string_view text, std::string_view path);

/// The whole file, or what comes on standard input if `path` is "-". Throws Error, also when it is
/// larger than 1 GiB.
std::string read_file_or_input(const std::string& path);

}  // namespace snapfs
