#include "fs/format/blob.h"

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/crypto/cipher.h"

namespace snapfs {

std::string_view to_string(BlobType type) noexcept {
  return type == BlobType::kData ? "data" : "tree";
}

std::uint32_t BlobLocation::plaintext_length() const noexcept {
  if (uncompressed_length != 0) return uncompressed_length;
  return length < Cipher::kOverhead ? 0 : length - static_cast<std::uint32_t>(Cipher::kOverhead);
}

void require_possible(const BlobHandle& handle, std::uint64_t sealed_bytes) {
  if (handle.type != BlobType::kData || sealed_bytes <= kMaxDataBytes) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("data blob {} has {} bytes, more than any program stores as one",
                          handle.id.short_hex(), sealed_bytes),
              handle.id.hex());
}

}  // namespace snapfs
