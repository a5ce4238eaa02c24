// HMAC with SHA-256 (RFC 2104): how requests to object stores are signed.
#pragma once

#include <array>
#include <cstdint>

#include "fs/base/bytes.h"

namespace snapfs {

using Hmac = std::array<std::uint8_t, 32>;

/// The code of `message` under `key`, which may have any length. Thread-safe.
Hmac hmac_sha256(ByteView key, ByteView message);

}  // namespace snapfs
