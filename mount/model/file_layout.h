// Where in a file each of its blobs lies, worked out from the index without reading a blob.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/index/index.h"
#include "mount/model/node_table.h"
#include "mount/model/zero_blobs.h"

namespace snapfs {

/// What content is judged by; both must outlive the holder. Thread-safe.
struct ContentIndex {
  const Index& index;
  const ZeroBlobs& zeros;
  StopToken stop = {};  ///< ends the look at a file of millions of blobs: Error{kCancelled}
};

/// What a file's content comes to.
struct ContentSummary {
  /// In bytes: what the blobs add up to when the index knows them all, else what the node says, but
  /// not less than the known blobs.
  std::uint64_t size = 0;
  std::uint64_t hole_bytes = 0;  ///< of these
  bool complete = true;          ///< whether the index knows all blobs
};

ContentSummary summarize(const NodeView& node, const ContentIndex& content);

/// Immutable. Zeros next to each other are one segment. When blobs are missing from the index,
/// those before the first and after the last missing one keep their places (the latter counted from
/// the file's end); what lies between is one segment named after the first missing blob, and
/// reading it is an error.
class FileLayout {
 public:
  enum class Kind : std::uint8_t { kBlob, kHole, kMissing };

  struct Segment {
    std::uint64_t end = 0;  ///< offset in the file
    Id blob;                ///< of a hole: the first of its zeros
    Kind kind = Kind::kBlob;
  };

  FileLayout(const NodeView& node, const ContentIndex& content);

  std::uint64_t size() const noexcept { return segments_.empty() ? 0 : segments_.back().end; }
  const std::vector<Segment>& segments() const noexcept { return segments_; }
  std::uint64_t start(std::size_t segment) const noexcept {
    return segment == 0 ? 0 : segments_[segment - 1].end;
  }

  /// The segment that holds the byte; segments().size() at or past the end.
  std::size_t segment_at(std::uint64_t offset) const noexcept;

  /// As lseek(2) with SEEK_DATA and SEEK_HOLE: nothing where that says ENXIO.
  std::optional<std::uint64_t> next_data(std::uint64_t offset) const noexcept;
  std::optional<std::uint64_t> next_hole(std::uint64_t offset) const noexcept;

 private:
  void append(std::uint64_t length, const Id& blob, Kind kind);
  void append(const Id& blob, const BlobLocation& location, const ZeroBlobs& zeros);

  std::vector<Segment> segments_;
};

std::size_t memory_bytes(const FileLayout& layout) noexcept;

}  // namespace snapfs
