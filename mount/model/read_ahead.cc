// Files have several readers, told from each other by where they stopped: a read that begins near
// the end of another one goes on from it, anything else is a new reader in the place of the one
// that was used least recently, whose wishes are cancelled. A reader that goes on has a window
// ahead of it that doubles, and gets more when half of it is used up. In directories the same is
// done with entries instead of bytes: small files read one after the other in the order of their
// names have the next ones fetched.
#include "mount/model/read_ahead.h"

#include <algorithm>

#include "fs/base/saturating.h"

namespace snapfs {

namespace {

/// Reads that are no further apart are taken as going through the file in order: the kernel's own
/// read-ahead arrives a little out of order.
constexpr std::uint64_t kSequentialBytes = 1 << 20;

/// Files that are no further apart are taken as read in order: links and directories lie between.
constexpr std::size_t kSequentialEntries = 16;

constexpr std::uint64_t kFirstDirectoryWindow = 2 << 20;
constexpr std::size_t kMaxEntries = 256;

/// The rest of a larger file is left to FileReadAhead.
constexpr std::uint64_t kSmallFileBytes = 4 << 20;

/// A program that only lists does not read files between.
constexpr unsigned kMaxListingsSinceFile = 4;

std::uint64_t distance(std::uint64_t a, std::uint64_t b) noexcept { return a > b ? a - b : b - a; }

bool has_content(const NodeView& node) noexcept {
  return node.type == NodeType::kFile && !node.content.empty();
}

template <class Readers>
auto& least_recently_used(Readers& readers) noexcept {
  return *std::ranges::min_element(readers, {}, [](const auto& reader) { return reader.last_use; });
}

/// What is to be fetched of files in one go.
struct Collector {
  std::vector<Id>& blobs;
  const std::uint64_t max_bytes;
  std::uint64_t bytes = 0;
  std::size_t entries = 0;

  bool has_room() const noexcept { return entries < kMaxEntries && bytes < max_bytes; }

  /// Those of the directory from `next` on, as far as there is room: the first one that is left.
  std::size_t collect(const TreeListing& listing, std::size_t next) {
    for (; next < listing.nodes.size() && has_room(); ++next, ++entries) {
      const NodeView node = listing.nodes[next];
      if (!has_content(node)) continue;
      if (node.size <= kSmallFileBytes) {
        blobs.insert(blobs.end(), node.content.begin(), node.content.end());
        bytes += node.size;
      } else {
        blobs.push_back(node.content.front());
        add_saturating(bytes, node.size / node.content.size());
      }
    }
    return next;
  }
};

}  // namespace

ReadAheadAdvice FileReadAhead::after_read(const FileLayout& file, std::uint64_t begin,
                                          std::uint64_t end) {
  const std::size_t next = file.segment_at(end - 1) + 1;
  const std::lock_guard lock(mutex_);
  Reader* reader = find(begin);
  if (reader == nullptr) {
    replace(end);
    return {};
  }
  reader->last_use = ++clock_;
  reader->last_end = end;
  // The beginning alone is what many programs look at, to see what a file is.
  if (begin == 0) return {};
  return advance(file, *reader, next);
}

FileReadAhead::Reader* FileReadAhead::find(std::uint64_t begin) {
  for (Reader& reader : readers_) {
    if (reader.last_use != 0 && distance(begin, reader.last_end) <= kSequentialBytes) {
      return &reader;
    }
  }
  return nullptr;
}

void FileReadAhead::replace(std::uint64_t end) {
  Reader& reader = least_recently_used(readers_);
  reader.ticket = {};
  reader.window = std::max<std::size_t>(reader.window / 2, 1);
  reader.ahead = 0;
  reader.last_end = end;
  reader.last_use = ++clock_;
}

ReadAheadAdvice FileReadAhead::advance(const FileLayout& file, Reader& reader, std::size_t next) {
  const std::vector<FileLayout::Segment>& segments = file.segments();
  // More only when half of what was advised is used up, so that runs of a pack stay long.
  if (reader.ahead > next + reader.window / 2) return {};
  std::size_t i = std::max(reader.ahead, next);
  const std::size_t end = std::min(next + reader.window, segments.size());
  const std::uint64_t from = next < segments.size() ? file.start(next) : file.size();
  ReadAheadAdvice advice;
  for (; i < end && (i == next || segments[i].end - from <= max_bytes_); ++i) {
    if (segments[i].kind == FileLayout::Kind::kBlob) advice.blobs.push_back(segments[i].blob);
  }
  if (advice.blobs.empty()) return {};
  reader.ahead = i;
  reader.window = std::min(reader.window * 2, kMaxWindow);
  advice.cancel = reader.ticket.token();
  return advice;
}

ReadAheadAdvice DirectoryReadAhead::after_file(Ino directory, const TreeListing& listing,
                                               std::size_t index, const Following& following) {
  const std::lock_guard lock(mutex_);
  listings_since_file_ = 0;
  Reader* reader = find(directory);
  if (reader == nullptr) {
    reader = &replace(directory);
    reader->last = index;
    if (!in_order_) return {};
    return advance(listing, *reader, index + 1, following);
  }
  reader->last_use = ++clock_;
  const std::size_t last = reader->last;
  reader->last = index;
  if (index == last) return {};
  // What lies before `ahead` was expected.
  in_order_ = index > last && (index - last <= kSequentialEntries || index < reader->ahead);
  if (!in_order_) {
    reader->ticket = {};
    reader->ahead = reader->trigger = 0;
    reader->is_done = false;
    reader->window_bytes = std::min(kFirstDirectoryWindow, max_bytes_);
    return {};
  }
  if (index < reader->trigger) return {};
  return advance(listing, *reader, index + 1, following);
}

ReadAheadAdvice DirectoryReadAhead::after_listing(Ino directory, const TreeListing& listing,
                                                  const Following& following) {
  const std::lock_guard lock(mutex_);
  if (!in_order_ || ++listings_since_file_ > kMaxListingsSinceFile) return {};
  if (find(directory) != nullptr) return {};
  Reader& reader = replace(directory);
  return advance(listing, reader, 0, following);
}

DirectoryReadAhead::Reader* DirectoryReadAhead::find(Ino directory) {
  const auto found = std::ranges::find(readers_, directory, &Reader::directory);
  return found == readers_.end() ? nullptr : &*found;
}

DirectoryReadAhead::Reader& DirectoryReadAhead::replace(Ino directory) {
  Reader& reader = least_recently_used(readers_);
  // What was advised of the directory before is not cancelled: a program that has gone down into
  // other directories comes back to it.
  reader.ticket.keep();
  reader = Reader{};
  reader.directory = directory;
  reader.window_bytes = std::min(kFirstDirectoryWindow, max_bytes_);
  reader.last_use = ++clock_;
  return reader;
}

ReadAheadAdvice DirectoryReadAhead::advance(const TreeListing& listing, Reader& reader,
                                            std::size_t next, const Following& following) {
  if (reader.is_done) return {};
  ReadAheadAdvice advice;
  Collector collector{advice.blobs, reader.window_bytes};
  const std::size_t begin = std::max(reader.ahead, next);
  const std::size_t end = collector.collect(listing, begin);
  reader.ahead = end;
  reader.trigger = begin + (end - begin) / 2;
  if (following && end == listing.nodes.size() && collector.has_room()) {
    // As long as none of them is known, each file asks again.
    reader.trigger = next;
    for (const auto& directory : following()) {
      reader.is_done = true;
      collector.collect(*directory, 0);
    }
  }
  reader.window_bytes = std::min(reader.window_bytes * 2, max_bytes_);
  advice.cancel = reader.ticket.token();
  return advice;
}

}  // namespace snapfs
