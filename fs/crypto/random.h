// The only source of randomness: libsodium's, seeded by the kernel.
#pragma once

#include <cstdint>

#include "fs/base/bytes.h"

namespace snapfs {

/// Fills `out` with random bytes fit for keys and nonces. Thread-safe.
void fill_random(MutByteView out);

/// A uniformly distributed number below `bound` (which is at least 1).
std::uint32_t random_below(std::uint32_t bound);

}  // namespace snapfs
