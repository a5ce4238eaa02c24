// What the format forbids for keys and nonces (FORMAT §2.1). Private to fs/crypto.
#pragma once

#include <algorithm>

#include "fs/base/bytes.h"

namespace snapfs {

inline bool all_zero(ByteView bytes) noexcept {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace snapfs
