// Randomness that a seed decides, in the place of libsodium's: for tests that must take the same
// way each time. Nothing sealed with it is a secret.
#pragma once

#include <cstdint>

namespace snapfs::test {

/// From now on, in the whole program, random numbers follow from `seed`. Thread-safe, but in an
/// order that several threads do not have.
void seed_random(std::uint64_t seed);

}  // namespace snapfs::test
