// Where in a file each of its blobs lies, worked out from the index without reading a blob.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fs/base/id.h"
#include "fs/tree/node.h"

namespace snapfs {

class Index;

/// The file's size: what its blobs add up to when the index knows them all, else what the node
/// says, but not less than the known blobs.
std::uint64_t content_size(const Node& node, const Index& index);

/// Immutable. When blobs are missing from the index, those before the first and after the last
/// missing one keep their places (the latter counted from the file's end); what lies between is one
/// segment named after the first missing blob, and reading it is an error.
class FileLayout {
 public:
  struct Segment {
    std::uint64_t end = 0;  ///< offset in the file
    Id blob;
  };

  FileLayout(const Node& node, const Index& index);

  std::uint64_t size() const noexcept { return segments_.empty() ? 0 : segments_.back().end; }
  const std::vector<Segment>& segments() const noexcept { return segments_; }
  std::uint64_t start(std::size_t segment) const noexcept {
    return segment == 0 ? 0 : segments_[segment - 1].end;
  }

  /// The segment that holds the byte; segments().size() at or past the end.
  std::size_t segment_at(std::uint64_t offset) const noexcept;

 private:
  void append(std::uint64_t length, const Id& blob);

  std::vector<Segment> segments_;
};

std::size_t memory_bytes(const FileLayout& layout) noexcept;

}  // namespace snapfs
