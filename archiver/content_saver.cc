#include "archiver/content_saver.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "fs/crypto/sha256.h"

namespace snapfs {
namespace {

/// How much is read at once from a large file: what was read is still in the processor's cache
/// when it is searched and copied.
constexpr std::size_t kReadSize = 512 << 10;

constexpr std::size_t kChunksInFlight = 16;

/// A file up to this size is one chunk, whatever is in it.
constexpr std::size_t kSmallFileSize = kMinChunkSize;

/// What the window keeps of its memory between chunks. Few chunks are larger.
constexpr std::size_t kKeptWindow = 4 << 20;

}  // namespace

SavedContent ContentSaver::save(SourceFile& file) {
  saved_ = {};
  pending_.clear();
  window_.clear();
  const std::size_t expected = file.metadata().size;
  if (expected <= kSmallFileSize) {
    window_.resize(std::max(expected + 1, std::size_t{4096}));  // room to see that it ends there
    const std::size_t size = file.read(window_);
    if (size < window_.size()) {
      save_whole(ByteView(window_).first(size));
      return std::move(saved_);
    }
  } else {
    file.advise_sequential();
  }
  save_in_chunks(file);
  return std::move(saved_);
}

void ContentSaver::save_whole(ByteView content) {
  saved_.size = content.size();
  if (content.empty()) return;
  const SavedBlob blob = context_.blobs.save(BlobType::kData, content, codec_, stop_);
  saved_.blobs.push_back(blob.id);
  saved_.added += blob.added;
  context_.progress.bytes_done += content.size();
}

/// Goes on after what is in the window.
void ContentSaver::save_in_chunks(SourceFile& file) {
  std::size_t searched = 0;
  bool at_end = false;
  while (!at_end || !window_.empty()) {
    if (searched == 0 && pass_hole(file)) {
      window_.clear();
      at_end = false;
    }
    if (const auto cut = context_.chunker.find_cut(window_, at_end, searched)) {
      send_chunk(*cut);
      searched = 0;
    } else {
      searched = window_.size();
      at_end = !read_more(file);
    }
  }
  collect(0);
}

/// False at the end of the file.
bool ContentSaver::read_more(SourceFile& file) {
  const std::size_t before = window_.size();
  if (window_.capacity() < before + kReadSize) {
    // Once for all chunks, because growing means copying. What is not used costs nothing.
    Bytes larger;
    larger.reserve(kMaxChunkSize + kReadSize);
    append(larger, window_);
    window_.swap(larger);
  }
  window_.resize(before + kReadSize);
  const std::size_t count = file.read(MutByteView(window_).subspan(before));
  window_.resize(before + count);
  return count == kReadSize;
}

/// Where a chunk begins. Zeros are cut as early as a chunk may end, because the fingerprint of
/// zeros is zero: so much of a hole as holds whole chunks need be neither read nor hashed. True
/// when there was one; what was read of it already is void.
bool ContentSaver::pass_hole(SourceFile& file) {
  const std::uint64_t chunks = file.hole_at(saved_.size) / kMinChunkSize;
  if (chunks == 0) return false;
  for (std::uint64_t i = 0; i < chunks; ++i) {
    throw_if_stopped(stop_);
    if (!zero_chunk_) {
      const Bytes zeros(kMinChunkSize, std::uint8_t{0});
      zero_chunk_ = context_.blobs.save(BlobType::kData, zeros, codec_, stop_);
    }
    auto [future, promise] = make_future<SavedBlob>();
    promise.set(*zero_chunk_);
    zero_chunk_->added = {};  // by the first one only
    // Future and promise share their state, and the last one frees it.
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks)
    pending_.push_back(std::move(future));
    saved_.size += kMinChunkSize;
    context_.progress.bytes_done += kMinChunkSize;
    collect(kChunksInFlight - 1);
  }
  file.seek(saved_.size);
  return true;
}

/// The first `size` bytes of the window.
void ContentSaver::send_chunk(std::size_t size) {
  Bytes chunk = context_.buffers.take(size);
  append(chunk, ByteView(window_).first(size));
  drop_from_window(size);
  saved_.size += size;
  auto [future, promise] = make_future<SavedBlob>();
  pending_.push_back(std::move(future));
  const std::size_t weight = chunk.capacity();
  // Future and promise share their state, and the last one frees it.
  // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks)
  if (!context_.chunks.push({std::move(chunk), std::move(promise)}, weight)) {
    throw cancelled_error();
  }
  collect(kChunksInFlight - 1);
  context_.progress.bytes_done += size;
}

void ContentSaver::drop_from_window(std::size_t size) {
  const ByteView rest = ByteView(window_).subspan(size);
  if (window_.size() > kKeptWindow) {
    window_ = copy_of(rest);
    return;
  }
  std::memmove(window_.data(), rest.data(), rest.size());
  window_.resize(rest.size());
}

void ContentSaver::collect(std::size_t leave) {
  while (!pending_.empty() && (pending_.size() > leave || pending_.front().ready())) {
    const std::optional<SavedBlob> blob = pending_.front().take();
    pending_.pop_front();
    if (!blob) throw cancelled_error();
    saved_.blobs.push_back(blob->id);
    saved_.added += blob->added;
  }
}

void save_chunks(const ContentContext& context, Codec& codec, const StopToken& stop) {
  const bool in_pairs = sha256_pair_is_interleaved();
  const auto deliver = [&](ChunkJob& job, const SavedBlob& blob) {
    job.promise.set(blob);
    context.buffers.give(std::move(job.bytes));
  };
  while (std::optional<ChunkJob> job = context.chunks.pop()) {
    std::optional<ChunkJob> second = in_pairs ? context.chunks.try_pop() : std::nullopt;
    if (!second) {
      deliver(*job, context.blobs.save(BlobType::kData, job->bytes, codec, stop));
      continue;
    }
    const auto blobs = context.blobs.save_pair({job->bytes, second->bytes}, codec, stop);
    deliver(*job, blobs[0]);
    deliver(*second, blobs[1]);
  }
}

}  // namespace snapfs
