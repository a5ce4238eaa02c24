#include "archiver/content_saver.h"

#include <algorithm>
#include <utility>

#include "fs/crypto/sha256.h"

namespace snapfs {
namespace {

/// How much is read at once from a large file.
constexpr std::size_t kReadSize = 1 << 20;

constexpr std::size_t kChunksInFlight = 16;

/// A file up to this size is one chunk, whatever is in it.
constexpr std::size_t kSmallFileSize = kMinChunkSize;

/// Where a search goes on: the buffer for `size` bytes of a chunk that did not end yet, and more.
std::size_t room_for(std::size_t size) {
  return std::min(kMaxChunkSize + kReadSize, std::max(2 * size, 2 * kReadSize));
}

}  // namespace

SavedContent ContentSaver::save(SourceFile& file) {
  saved_ = {};
  pending_.clear();
  const std::size_t expected = file.metadata().size;
  if (expected > kSmallFileSize) {
    file.advise_sequential();
    save_in_chunks(file, context_.buffers.take());
    return std::move(saved_);
  }
  small_.resize(std::max(expected + 1, std::size_t{4096}));  // room to see that it ends there
  const std::size_t size = file.read(small_);
  if (size == small_.size()) {
    save_in_chunks(file, std::exchange(small_, {}));
  } else {
    save_whole(ByteView(small_).first(size));
  }
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

void ContentSaver::save_in_chunks(SourceFile& file, Bytes head) {
  Bytes buffer = std::move(head);
  std::size_t searched = 0;
  bool at_end = false;
  while (!at_end || !buffer.empty()) {
    if (searched == 0 && pass_hole(file)) {
      buffer.clear();
      at_end = false;
    }
    const auto cut = context_.chunker.find_cut(buffer, at_end, searched);
    if (cut) {
      Bytes rest = context_.buffers.take();
      append(rest, ByteView(buffer).subspan(*cut));
      buffer.resize(*cut);
      send_chunk(std::exchange(buffer, std::move(rest)));
      searched = 0;
      continue;
    }
    searched = buffer.size();
    buffer.reserve(room_for(searched));
    buffer.resize(searched + kReadSize);
    const std::size_t count = file.read(MutByteView(buffer).subspan(searched));
    buffer.resize(searched + count);
    at_end = count < kReadSize;
  }
  context_.buffers.give(std::move(buffer));
  collect(0);
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
    pending_.push_back(std::move(future));
    saved_.size += kMinChunkSize;
    context_.progress.bytes_done += kMinChunkSize;
    collect(kChunksInFlight - 1);
  }
  file.seek(saved_.size);
  return true;
}

void ContentSaver::send_chunk(Bytes chunk) {
  const std::size_t size = chunk.size();
  saved_.size += size;
  auto [future, promise] = make_future<SavedBlob>();
  pending_.push_back(std::move(future));
  if (!context_.chunks.push({std::move(chunk), std::move(promise)}, size)) throw cancelled_error();
  collect(kChunksInFlight - 1);
  context_.progress.bytes_done += size;
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
