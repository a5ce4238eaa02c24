#include "mount/model/file_reader.h"

#include <algorithm>
#include <string>

#include "fs/base/error.h"
#include "fs/repo/repository.h"

namespace snapfs {

namespace {

/// Of what may be fetched ahead of one program, in plaintext. Two of them should fit the cache
/// together with what they are reading.
constexpr std::uint64_t kMaxReadAheadBytes = 16 << 20;

constexpr std::size_t kMaxDirectoriesAhead = 64;

std::uint64_t read_ahead_bytes(const ReaderOptions& options) noexcept {
  return std::min<std::uint64_t>(kMaxReadAheadBytes, options.blob_cache_bytes / 4);
}

[[noreturn]] void throw_no_file(Ino ino) {
  throw Error(ErrorCode::kUsage, "inode " + std::to_string(ino) + " is not a file");
}

/// What a hole reads as.
void append_zeros(FileSlice& slice, std::uint64_t length) {
  static const auto zeros = std::make_shared<const Bytes>(std::size_t{64} << 10, std::uint8_t{0});
  while (length > 0) {
    const std::size_t count = std::min<std::uint64_t>(length, zeros->size());
    slice.pieces.push_back({zeros, ByteView(*zeros).first(count)});
    length -= count;
  }
}

}  // namespace

std::size_t memory_bytes(const ReadState& state) noexcept {
  return sizeof state + memory_bytes(state.layout);
}

FileReader::FileReader(Fetcher& fetcher, const ContentIndex& content, TreeFs& trees,
                       const ReaderOptions& options, StopToken stop)
    : content_(content),
      trees_(trees),
      stop_(std::move(stop)),
      blobs_(fetcher.repository(), options.blob_cache_bytes, options.failure_memory),
      files_(options.file_cache_bytes),
      read_ahead_bytes_(read_ahead_bytes(options)),
      prefetch_(options.prefetch),
      directories_(read_ahead_bytes_),
      is_near_(fetcher.is_near()),
      reads_(fetcher, Urgency::kForeground, stop_),
      ahead_(fetcher, Urgency::kAhead, stop_),
      warmings_(fetcher, Urgency::kBulk, stop_),
      push_(options.push),
      pusher_({[this](const NodeView& file) { return whole(file); },
               [this](std::vector<Id> blobs) {
                 ahead_.want(blobs_, std::move(blobs), {}, /*first=*/true);
               }}) {}

FileSlice FileReader::read(Ino ino, std::uint64_t offset, std::size_t size, ReaderId reader) {
  const std::shared_ptr<const ReadState> state = state_of(ino);
  const FileLayout& file = state->layout;
  if (offset >= file.size()) return {};
  const std::uint64_t count = std::min<std::uint64_t>(size, file.size() - offset);
  // The first one is loaded here.
  const std::uint64_t first_end = file.segments()[file.segment_at(offset)].end;
  if (offset + count > first_end) {
    best_effort([&] {
      std::vector<Id> others;
      append_blobs(file, first_end, offset + count, others);
      reads_.want(blobs_, std::move(others));
    });
  }
  read_ahead(ino, *state, offset, offset + count, reader);
  return collect(file, offset, count);
}

/// A run that lies within the file.
FileSlice FileReader::collect(const FileLayout& file, std::uint64_t offset, std::uint64_t size) {
  FileSlice slice;
  for (std::size_t segment = file.segment_at(offset); size > 0; ++segment) {
    const std::uint64_t length = std::min(size, file.segments()[segment].end - offset);
    if (length == 0) continue;
    if (file.segments()[segment].kind == FileLayout::Kind::kHole) {
      append_zeros(slice, length);
    } else {
      slice.pieces.push_back(load_piece(file, segment, offset, length));
    }
    offset += length;
    size -= length;
  }
  return slice;
}

FileSlice FileReader::whole(const NodeView& file) {
  const FileLayout layout(file, content_);
  return collect(layout, 0, layout.size());
}

Warmed FileReader::warm(Ino ino, std::uint64_t offset, std::size_t size) {
  const std::shared_ptr<const ReadState> state = state_of(ino);
  const std::vector<FileLayout::Segment>& segments = state->layout.segments();
  Warmed warmed{offset, 0};
  if (!is_near_) {
    best_effort([&] {
      std::vector<Id> blobs;
      append_blobs(state->layout, offset, offset + size, blobs);
      warmings_.want(blobs_, std::move(blobs));
    });
  }
  std::size_t i = state->layout.segment_at(offset);
  for (; i < segments.size() && warmed.loaded < size; ++i) {
    if (segments[i].kind != FileLayout::Kind::kHole) {
      warmed.loaded += blobs_.get(segments[i].blob, stop_)->size();
    }
    warmed.end = segments[i].end;
  }
  return warmed;
}

void FileReader::announce(std::span<const Ino> files, std::uint64_t most) {
  if (is_near_) return;
  std::vector<Id> blobs;
  for (std::size_t i = 0; i < files.size() && most > 0; ++i) {
    const std::shared_ptr<const ReadState> state = state_of(files[i]);
    append_blobs(state->layout, 0, most, blobs);
    most -= std::min(most, state->layout.size());
  }
  warmings_.want(blobs_, std::move(blobs));
}

std::optional<std::uint64_t> FileReader::next_data(Ino ino, std::uint64_t offset) {
  return state_of(ino)->layout.next_data(offset);
}

std::optional<std::uint64_t> FileReader::next_hole(Ino ino, std::uint64_t offset) {
  return state_of(ino)->layout.next_hole(offset);
}

std::vector<FileRange> FileReader::damage(Ino ino) {
  std::vector<FileRange> ranges;
  const TreeFs::NodeRef place = trees_.node(ino);
  // Asked of every file that is copied: without any damage it must cost nothing.
  const bool complete = place.listing->content(place.index).complete;
  if (place.node.type != NodeType::kFile || (complete && !blobs_.any_failed())) return ranges;
  const std::shared_ptr<const ReadState> state = state_of(ino);
  const FileLayout& file = state->layout;
  for (std::size_t i = 0; i < file.segments().size(); ++i) {
    const FileLayout::Segment& segment = file.segments()[i];
    if (segment.kind == FileLayout::Kind::kHole || segment.end == file.start(i)) continue;
    const bool missing = segment.kind == FileLayout::Kind::kMissing;
    if (!missing && !blobs_.has_failed(segment.blob)) continue;
    if (!ranges.empty() && ranges.back().begin + ranges.back().length == file.start(i)) {
      ranges.back().length += segment.end - file.start(i);
    } else {
      ranges.push_back({file.start(i), segment.end - file.start(i)});
    }
  }
  return ranges;
}

FileSlice::Piece FileReader::load_piece(const FileLayout& layout, std::size_t segment,
                                        std::uint64_t offset, std::uint64_t length) {
  const Id& id = layout.segments()[segment].blob;
  const std::uint64_t start = layout.start(segment);
  BlobCache::Pointer blob = blobs_.get(id, stop_);
  if (blob->size() != layout.segments()[segment].end - start) {
    throw Error(ErrorCode::kDamaged,
                "data blob " + id.short_hex() + " is not as long as the index says", id.hex());
  }
  const ByteView bytes = ByteView(*blob).subspan(offset - start, length);
  if (offset + length == layout.segments()[segment].end) blobs_.read_to_end(id);
  return {std::move(blob), bytes};
}

std::shared_ptr<const ReadState> FileReader::state_of(Ino ino) {
  return files_.get(ino, [&] {
    if (is_virtual(ino)) throw_no_file(ino);
    const TreeFs::NodeRef place = trees_.node(ino);
    if (place.node.type != NodeType::kFile) throw_no_file(ino);
    return std::make_shared<const ReadState>(FileLayout(place.node, content_), read_ahead_bytes_);
  });
}

void FileReader::directory_opened(Ino directory) noexcept {
  best_effort([&] {
    const auto listing = trees_.listing_in_memory(directory);
    if (listing) want(directories_.after_listing(directory, *listing, following(directory)));
  });
}

/// Nothing where storage is near: the next directory is opened before it would have answered.
DirectoryReadAhead::Following FileReader::following(Ino directory) {
  if (is_near_) return {};
  return [this, directory] { return trees_.following_in_memory(directory, kMaxDirectoriesAhead); };
}

void FileReader::directory_listed(Ino directory, ReaderId reader) noexcept {
  if (!push_) return;
  best_effort([&] {
    const auto place = trees_.entries_in_memory(directory);
    if (place) pusher_.after_listing(reader, *place, std::chrono::steady_clock::now());
  });
}

void FileReader::read_ahead(Ino ino, const ReadState& state, std::uint64_t begin, std::uint64_t end,
                            ReaderId reader) noexcept {
  best_effort([&] {
    // What its directory holds is not worth waiting for.
    const auto place = begin == 0 ? trees_.node_in_memory(ino) : std::nullopt;
    if (place) {
      const Ino directory = place->directory->self;
      want(directories_.after_file(directory, *place->listing, place->index, following(directory)));
      if (push_) pusher_.after_read(reader, *place, std::chrono::steady_clock::now());
    }
    want(state.read_ahead.after_read(state.layout, begin, end));
  });
}

/// Those that hold the bytes from `begin` to `end`.
void FileReader::append_blobs(const FileLayout& file, std::uint64_t begin, std::uint64_t end,
                              std::vector<Id>& blobs) {
  const std::vector<FileLayout::Segment>& segments = file.segments();
  for (std::size_t i = file.segment_at(begin); i < segments.size() && file.start(i) < end; ++i) {
    if (segments[i].kind == FileLayout::Kind::kBlob) blobs.push_back(segments[i].blob);
  }
}

void FileReader::want(ReadAheadAdvice advice) {
  if (advice.blobs.empty() || !prefetch_) return;
  ahead_.want(blobs_, std::move(advice.blobs), advice.cancel);
}

}  // namespace snapfs
