// Builds the chunker's tables. Nothing here is on a hot path.
#include "archiver/chunk/chunker_tables.h"

#include "fs/base/error.h"

namespace snapfs {

ChunkerTables::ChunkerTables(Polynomial polynomial) : polynomial_(polynomial) {
  if (polynomial.degree() != Polynomial::kChunkerDegree) {
    throw Error(ErrorCode::kUnsupported,
                "the repository's chunker polynomial " + polynomial.hex() +
                    " is not of degree 53; a repository made by another program's init works");
  }
  for (std::uint64_t b = 0; b < mod_.size(); ++b) {
    const std::uint64_t overflow = b << Polynomial::kChunkerDegree;
    mod_[b] = (Polynomial(overflow) % polynomial).bits() ^ overflow;
  }
  for (std::size_t b = 0; b < out_.size(); ++b) {
    std::uint64_t digest = push(0, static_cast<std::uint8_t>(b));
    for (std::size_t i = 1; i < kChunkWindow; ++i) digest = push(digest, 0);
    out_[b] = digest;
    out_shifted_[b] = push(digest, 0);
  }
  FingerprintMatrices::Images mod;
  FingerprintMatrices::Images out;
  for (std::size_t bit = 0; bit < mod.size(); ++bit) {
    const std::uint64_t byte = std::uint64_t{1} << bit;
    mod[bit] = mod_[byte] ^ byte << Polynomial::kChunkerDegree;
    out[bit] = out_shifted_[byte];
  }
  matrices_ = FingerprintMatrices(mod, out);
}

std::uint64_t ChunkerTables::fingerprint(ByteView window) const noexcept {
  std::uint64_t digest = 0;
  for (const std::uint8_t byte : window) digest = push(digest, byte);
  return digest;
}

}  // namespace snapfs
