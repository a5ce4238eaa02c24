// The limits of FORMAT §8.1 around the search.
#include "archiver/chunk/chunker.h"

#include <algorithm>

namespace snapfs {

std::optional<std::size_t> Chunker::find_cut(ByteView bytes, bool at_end,
                                             std::size_t searched) const {
  // Length kMaxChunkSize is a cut whatever its fingerprint, so it is not searched for.
  const std::size_t from = std::max(kMinChunkSize, searched + 1);
  const std::size_t to = std::min(bytes.size() + 1, kMaxChunkSize);
  if (from < to) {
    const std::size_t length = find_(*tables_, bytes.data(), from, to);
    if (length < to) return length;
  }
  if (bytes.size() >= kMaxChunkSize) return kMaxChunkSize;
  if (at_end && !bytes.empty()) return bytes.size();
  return std::nullopt;
}

}  // namespace snapfs
