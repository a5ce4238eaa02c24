// The chunker's tables once more, as matrices: what each of them does to a byte is linear over
// GF(2), and a processor with GFNI multiplies many bytes by an 8 × 8 bit matrix at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace snapfs {

/// Immutable; 128 bytes. Each matrix maps a byte to one byte of a digest that was shifted up by
/// kShift bits, which fills seven whole bytes and makes the bits that overflow a byte of their own.
class FingerprintMatrices {
 public:
  /// Row r, the bits of the argument that bit r of the product is the parity of, is byte 7 − r: the
  /// order in which GF2P8AFFINEQB takes it.
  using Matrix = std::uint64_t;

  static constexpr std::size_t kDigestBytes = 7;
  static constexpr int kShift = 3;

  /// A byte that comes in reaches these bytes of the digest only.
  static constexpr std::size_t kComingBytes = 2;

  /// What each bit of a byte adds to a digest, the lowest bit first.
  using Images = std::array<std::uint64_t, 8>;

  FingerprintMatrices() = default;  ///< all zero

  /// `mod` of a byte shifted out at the top, `out` of a byte that leaves the window in the same
  /// step; all below 2^53.
  FingerprintMatrices(const Images& mod, const Images& out);

  /// By the digest's byte k: what the digest's top byte adds when it is shifted out.
  const std::array<Matrix, kDigestBytes>& mod() const noexcept { return mod_; }
  /// What the byte adds that leaves the window as another comes in.
  const std::array<Matrix, kDigestBytes>& out() const noexcept { return out_; }
  /// What the byte adds that comes in.
  const std::array<Matrix, kComingBytes>& in() const noexcept { return in_; }

 private:
  std::array<Matrix, kDigestBytes> mod_{};
  std::array<Matrix, kDigestBytes> out_{};
  std::array<Matrix, kComingBytes> in_{};
};

}  // namespace snapfs
