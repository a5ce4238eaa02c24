// What a password file or the output of a password command stands for (FORMAT §3). Pure functions;
// where the bytes come from is password.h's business.
#pragma once

#include <string_view>

#include "fs/base/bytes.h"
#include "fs/crypto/secure_memory.h"

namespace snapfs {

/// `text` without the white space around it, as Unicode defines white space.
std::string_view trim_white_space(std::string_view text) noexcept;

/// The password in a file: a byte order mark is dropped, UTF-16 is converted to UTF-8 (halves of
/// surrogate pairs become U+FFFD), white space around the text is dropped. Nothing is normalised.
SecureBytes password_from_file_bytes(ByteView content);

/// The password that a command printed: white space around the text is dropped.
SecureBytes password_from_command_output(ByteView content);

}  // namespace snapfs
