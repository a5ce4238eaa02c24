// What a password file or the output of a password command stands for (FORMAT §3). Pure functions;
// where the bytes come from is password.h's business.
#pragma once

#include "fs/base/bytes.h"
#include "fs/crypto/secure_memory.h"

namespace snapfs {

/// The password in a file: a byte order mark is dropped, UTF-16 is converted to UTF-8 (halves of
/// surrogate pairs become U+FFFD), white space around the text is dropped. Nothing is normalised.
SecureBytes password_from_file_bytes(ByteView content);

/// The password that a command printed: white space around the text is dropped.
SecureBytes password_from_command_output(ByteView content);

}  // namespace snapfs
