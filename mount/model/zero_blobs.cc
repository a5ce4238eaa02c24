#include "mount/model/zero_blobs.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "fs/base/bytes.h"
#include "fs/crypto/sha256.h"

namespace snapfs {

namespace {

constexpr std::size_t kMaxIds = 4096;

/// Whether it may be worth the digest: zeros compress to next to nothing, and where nothing is
/// compressed, chunkers cut them into pieces of their least size, a multiple of this.
bool may_be_zeros(const BlobLocation& location) {
  constexpr std::uint32_t kPage = 4096;
  if (location.uncompressed_length == 0) return location.plaintext_length() % kPage == 0;
  return location.length < 128 + location.uncompressed_length / 1000;
}

Id digest_of_zeros(std::uint32_t length) {
  static constexpr std::array<std::uint8_t, 4096> kZeros{};
  Sha256 digest;
  while (length > 0) {
    const std::size_t count = std::min<std::size_t>(length, kZeros.size());
    digest.update(ByteView(kZeros).first(count));
    length -= static_cast<std::uint32_t>(count);
  }
  return digest.finish();
}

}  // namespace

bool ZeroBlobs::contains(const Id& blob, const BlobLocation& location) const {
  const std::uint32_t length = location.plaintext_length();
  return length >= kMinHole && may_be_zeros(location) && blob == id_of(length);
}

Id ZeroBlobs::id_of(std::uint32_t length) const {
  {
    const auto ids = ids_.lock();
    if (const auto found = ids->find(length); found != ids->end()) return found->second;
  }
  const Id id = digest_of_zeros(length);
  const auto ids = ids_.lock();
  if (ids->size() >= kMaxIds) ids->clear();
  ids->emplace(length, id);
  return id;
}

}  // namespace snapfs
