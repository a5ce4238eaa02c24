#include "fs/repo/blob.h"

#include "fs/crypto/cipher.h"

namespace snapfs {

std::string_view to_string(BlobType type) noexcept {
  return type == BlobType::kData ? "data" : "tree";
}

std::uint32_t BlobLocation::plaintext_length() const noexcept {
  if (uncompressed_length != 0) return uncompressed_length;
  return length < Cipher::kOverhead ? 0 : length - static_cast<std::uint32_t>(Cipher::kOverhead);
}

}  // namespace snapfs
