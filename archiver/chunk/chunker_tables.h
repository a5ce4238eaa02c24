// The tables by which the chunker's fingerprint takes a byte in and lets one out (FORMAT §8.2).
// They depend on the repository's polynomial only: make them once, share them between threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "archiver/chunk/fingerprint_matrices.h"
#include "fs/base/bytes.h"
#include "fs/format/polynomial.h"

namespace snapfs {

/// The fingerprint of 64 bytes decides where a chunk ends.
inline constexpr std::size_t kChunkWindow = 64;

/// Immutable; 6 KiB. Safe to use from any number of threads.
class ChunkerTables {
 public:
  using Table = std::array<std::uint64_t, 256>;

  /// The degree of the polynomial minus eight: the bits above it choose the entry of `mod`.
  static constexpr int kShift = Polynomial::kChunkerDegree - 8;

  /// Throws Error{kUnsupported} unless `polynomial` has degree 53. That it is irreducible is the
  /// reader of the config's business.
  explicit ChunkerTables(Polynomial polynomial);

  Polynomial polynomial() const noexcept { return polynomial_; }

  /// OUT[b]: what the oldest byte of the window contributes to the fingerprint.
  const Table& out() const noexcept { return out_; }

  /// OUT[b] · x^8 mod P: the same contribution after the next byte has been shifted in. With it
  /// the leaving byte's look-up does not wait for the digest.
  const Table& out_shifted() const noexcept { return out_shifted_; }

  /// MOD[b]: brings a digest that was shifted by eight bits below degree 53 again.
  const Table& mod() const noexcept { return mod_; }

  /// The last two tables and the byte that comes in, for processors that multiply by matrices.
  const FingerprintMatrices& matrices() const noexcept { return matrices_; }

  /// The digest after `byte` follows what `digest` (below 2^53) stands for; nothing leaves.
  std::uint64_t push(std::uint64_t digest, std::uint8_t byte) const noexcept {
    return ((digest << 8) | byte) ^ mod_[digest >> kShift];
  }

  /// F of the window (FORMAT §8.1). `window` may be of any length.
  std::uint64_t fingerprint(ByteView window) const noexcept;

 private:
  Polynomial polynomial_;
  Table mod_;
  Table out_;
  Table out_shifted_;
  FingerprintMatrices matrices_;
};

}  // namespace snapfs
