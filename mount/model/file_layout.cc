#include "mount/model/file_layout.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

namespace snapfs {

namespace {

std::optional<BlobLocation> locate(const Id& blob, const ContentIndex& content) {
  throw_if_stopped(content.stop);
  return content.index.find_any({BlobType::kData, blob});
}

}  // namespace

ContentSummary summarize(const NodeView& node, const ContentIndex& content) {
  ContentSummary summary;
  for (const Id& blob : node.content) {
    const std::optional<BlobLocation> location = locate(blob, content);
    if (!location) {
      summary.complete = false;
      continue;
    }
    summary.size += location->plaintext_length();
    if (content.zeros.contains(blob, *location)) {
      summary.hole_bytes += location->plaintext_length();
    }
  }
  if (!summary.complete) {
    // What nobody can check is at least a size that a file can have.
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    summary.size = std::max(std::min(node.size, kMost), summary.size);
  }
  return summary;
}

FileLayout::FileLayout(const NodeView& node, const ContentIndex& content) {
  const std::span<const Id> blobs = node.content;
  std::size_t first_missing = 0;
  for (; first_missing < blobs.size(); ++first_missing) {
    const std::optional<BlobLocation> location = locate(blobs[first_missing], content);
    if (!location) break;
    append(blobs[first_missing], *location, content.zeros);
  }
  if (first_missing == blobs.size()) return;

  std::vector<BlobLocation> tail;  // from the end
  std::uint64_t tail_bytes = 0;
  while (const auto location = locate(blobs[blobs.size() - 1 - tail.size()], content)) {
    tail.push_back(*location);
    tail_bytes += location->plaintext_length();
  }
  append(summarize(node, content).size - tail_bytes - size(), blobs[first_missing], Kind::kMissing);
  for (; !tail.empty(); tail.pop_back()) {
    append(blobs[blobs.size() - tail.size()], tail.back(), content.zeros);
  }
}

std::size_t FileLayout::segment_at(std::uint64_t offset) const noexcept {
  const auto found = std::ranges::upper_bound(segments_, offset, {}, &Segment::end);
  return static_cast<std::size_t>(found - segments_.begin());
}

std::optional<std::uint64_t> FileLayout::next_data(std::uint64_t offset) const noexcept {
  for (std::size_t i = segment_at(offset); i < segments_.size(); ++i) {
    if (segments_[i].kind != Kind::kHole) return std::max(offset, start(i));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> FileLayout::next_hole(std::uint64_t offset) const noexcept {
  if (offset >= size()) return std::nullopt;
  for (std::size_t i = segment_at(offset); i < segments_.size(); ++i) {
    if (segments_[i].kind == Kind::kHole) return std::max(offset, start(i));
  }
  return size();
}

void FileLayout::append(std::uint64_t length, const Id& blob, Kind kind) {
  const std::uint64_t end = size() + length;
  const bool joins = kind == Kind::kHole && !segments_.empty() && segments_.back().kind == kind;
  if (joins) {
    segments_.back().end = end;
  } else {
    segments_.push_back({end, blob, kind});
  }
}

void FileLayout::append(const Id& blob, const BlobLocation& location, const ZeroBlobs& zeros) {
  append(location.plaintext_length(), blob,
         zeros.contains(blob, location) ? Kind::kHole : Kind::kBlob);
}

std::size_t memory_bytes(const FileLayout& layout) noexcept {
  return sizeof layout + layout.segments().capacity() * sizeof(FileLayout::Segment);
}

}  // namespace snapfs
