// Inputs that the chunker's tests cut. Everything is made from seeds; nothing is read from disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

#include "fs/base/bytes.h"
#include "fs/format/polynomial.h"

namespace snapfs::test {

/// FORMAT §8.4: the top byte of a 64-bit linear congruential generator that starts from 1.
inline Bytes lcg_bytes(std::size_t size) {
  Bytes bytes(size);
  std::uint64_t state = 1;
  for (std::uint8_t& byte : bytes) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<std::uint8_t>(state >> 56);
  }
  return bytes;
}

inline Bytes random_bytes(std::size_t size, std::uint64_t seed) {
  Bytes bytes(size);
  std::mt19937_64 engine(seed);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(engine());
  return bytes;
}

inline Bytes filled(std::size_t size, std::uint8_t value) {
  Bytes bytes;
  bytes.assign(size, value);
  return bytes;
}

/// `period` bytes over and over.
inline Bytes periodic(std::size_t size, std::size_t period, std::uint64_t seed) {
  const Bytes pattern = random_bytes(period, seed);
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = pattern[i % period];
  return bytes;
}

/// One of a repository's kind, the same for the same seed: with a random one a test on random bytes
/// would find, once in many runs, a cut where it expects none.
inline Polynomial seeded_polynomial(std::uint64_t seed) {
  constexpr std::uint64_t kTop = std::uint64_t{1} << Polynomial::kChunkerDegree;
  std::mt19937_64 engine(seed);
  for (;;) {
    const Polynomial candidate(kTop | (engine() & (kTop - 1)) | 1);
    if (candidate.irreducible()) return candidate;
  }
}

}  // namespace snapfs::test
