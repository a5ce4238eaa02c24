#include "fs/restore/content_check.h"

#include <optional>

#include <fmt/format.h>

#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/crypto/sha256.h"

namespace snapfs {

std::vector<ContentBlob> locate_content(const Repository& repository,
                                        const std::vector<Id>& content) {
  std::vector<ContentBlob> blobs;
  blobs.reserve(content.size());
  for (const Id& id : content) {
    const std::optional<BlobLocation> location = repository.index().find_any({BlobType::kData, id});
    if (!location) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("blob {} of its content is in no index; \"snapfs check\" says more",
                              id.short_hex()),
                  id.hex());
    }
    blobs.push_back({id, *location});
  }
  return blobs;
}

std::uint64_t content_size(const std::vector<ContentBlob>& content) noexcept {
  std::uint64_t size = 0;
  for (const ContentBlob& blob : content) size += blob.location.plaintext_length();
  return size;
}

std::vector<bool> matching_blobs(int fd, const std::vector<ContentBlob>& content,
                                 const StopToken& stop) {
  std::vector<bool> matches(content.size(), false);
  Bytes buffer;
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < content.size(); ++i) {
    throw_if_stopped(stop);
    buffer.resize(content[i].location.plaintext_length());
    if (read_at(fd, offset, buffer, "the file") < buffer.size()) break;
    matches[i] = sha256(buffer) == content[i].id;
    offset += buffer.size();
  }
  return matches;
}

}  // namespace snapfs
