#include "fs/repo/blob.h"

#include <algorithm>

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

void require_possible(const BlobHandle& handle, std::uint64_t sealed_bytes,
                      std::uint64_t content_bytes) {
  const std::uint64_t most = std::max(sealed_bytes, content_bytes);
  if (handle.type != BlobType::kData || most <= kMaxDataBytes) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("data blob {} claims {} bytes, more than any program stores as one",
                          handle.id.short_hex(), most),
              handle.id.hex());
}

}  // namespace snapfs
