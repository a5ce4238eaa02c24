// Cumulative blob sizes.
#include "mount/model/file_layout.h"

#include <algorithm>
#include <optional>

#include "fs/repo/index.h"

namespace snapfs {

namespace {

/// The sum of the blobs' lengths, as far as the index knows them.
struct KnownBytes {
  std::uint64_t bytes = 0;
  bool complete = true;

  void add(std::optional<std::uint32_t> length) noexcept {
    bytes += length.value_or(0);
    complete = complete && length.has_value();
  }

  std::uint64_t size_of(const Node& node) const noexcept {
    return complete ? bytes : std::max(node.size, bytes);
  }
};

}  // namespace

std::uint64_t content_size(const Node& node, const Index& index) {
  KnownBytes known;
  for (const Id& blob : node.content) known.add(index.plaintext_length({BlobType::kData, blob}));
  return known.size_of(node);
}

FileLayout::FileLayout(const Node& node, const Index& index) {
  std::vector<std::optional<std::uint32_t>> lengths;
  lengths.reserve(node.content.size());
  KnownBytes known;
  for (const Id& blob : node.content) {
    lengths.push_back(index.plaintext_length({BlobType::kData, blob}));
    known.add(lengths.back());
  }
  segments_.reserve(lengths.size());

  std::size_t first_missing = 0;
  for (; first_missing < lengths.size() && lengths[first_missing]; ++first_missing) {
    append(*lengths[first_missing], node.content[first_missing]);
  }
  if (first_missing == lengths.size()) return;

  std::size_t after_missing = lengths.size();
  std::uint64_t tail_bytes = 0;
  for (; lengths[after_missing - 1]; --after_missing) tail_bytes += *lengths[after_missing - 1];
  append(known.size_of(node) - tail_bytes - size(), node.content[first_missing]);
  for (std::size_t i = after_missing; i < lengths.size(); ++i) {
    append(*lengths[i], node.content[i]);
  }
}

std::size_t FileLayout::segment_at(std::uint64_t offset) const noexcept {
  const auto found = std::ranges::upper_bound(segments_, offset, {}, &Segment::end);
  return static_cast<std::size_t>(found - segments_.begin());
}

void FileLayout::append(std::uint64_t length, const Id& blob) {
  segments_.push_back({size() + length, blob});
}

std::size_t memory_bytes(const FileLayout& layout) noexcept {
  return sizeof layout + layout.segments().capacity() * sizeof(FileLayout::Segment);
}

}  // namespace snapfs
