// Builds the matrices. Nothing here is on a hot path.
#include "archiver/chunk/fingerprint_matrices.h"

namespace snapfs {

namespace {

/// The matrix by which a byte adds to byte k of the shifted digest, from what its bits add.
FingerprintMatrices::Matrix matrix_of(const FingerprintMatrices::Images& images, std::size_t k) {
  FingerprintMatrices::Matrix matrix = 0;
  for (std::size_t column = 0; column < 8; ++column) {
    const std::uint64_t shifted = images[column] << FingerprintMatrices::kShift;
    for (std::size_t row = 0; row < 8; ++row) {
      const std::uint64_t bit = shifted >> (8 * k + row) & 1;
      matrix |= bit << (8 * (7 - row) + column);
    }
  }
  return matrix;
}

}  // namespace

FingerprintMatrices::FingerprintMatrices(const Images& mod, const Images& out) {
  for (std::size_t k = 0; k < kDigestBytes; ++k) {
    mod_[k] = matrix_of(mod, k);
    out_[k] = matrix_of(out, k);
  }
  for (std::size_t k = 0; k < kComingBytes; ++k) {
    in_[k] = matrix_of({1, 2, 4, 8, 16, 32, 64, 128}, k);
  }
}

}  // namespace snapfs
