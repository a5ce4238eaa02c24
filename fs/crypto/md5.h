// MD5 (RFC 1321), which protects from nobody: only for protocols in which it is the checksum that
// a server compares what arrived with.
#pragma once

#include <array>
#include <cstdint>

#include "fs/base/bytes.h"

namespace snapfs {

using Md5 = std::array<std::uint8_t, 16>;

/// The digest of `bytes`. Thread-safe.
Md5 md5(ByteView bytes);

}  // namespace snapfs
