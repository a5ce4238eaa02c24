#include "archiver/file_saver.h"

#include <algorithm>
#include <utility>

#include "fs/tree/node_json.h"

namespace snapfs {
namespace {

/// How much is read at once from a large file.
constexpr std::size_t kReadSize = 1 << 20;

/// How many chunks of one file may be on their way; their futures are taken as they resolve (D1).
constexpr std::size_t kChunksInFlight = 16;

/// A small file is read in one call, with room to see that it ends there.
constexpr std::size_t kWholeFileSize = kMinChunkSize;

}  // namespace

void FileSaver::run(FileChannel& batches) {
  while (std::optional<FileBatch> batch = batches.pop()) {
    for (FileJob& job : *batch) save(std::move(job));
  }
}

void FileSaver::save(FileJob job) {
  // Before the source is touched: after a kill no further file is opened (D4).
  throw_if_stopped(stop_);
  SavedNode saved;
  std::optional<SourceError> failure;
  try {
    const Node node = read(job);
    context_.statistics.count_file(change_of(node, job.previous), node.size);
    append_node_json(saved.json, node, context_.zone);
  } catch (const SourceError& error) {
    failure = error;
  }
  // A file that vanished is no error: it was not there when the snapshot was taken (FORMAT §13.2).
  if (failure && !failure->vanished()) {
    context_.progress.warn(failure->subject(), failure->what());
  }
  ++context_.progress.files_done;
  job.promise.set(std::move(saved));
}

Node FileSaver::read(const FileJob& job) {
  const std::unique_ptr<SourceFile> file = job.directory->open_file(job.disk_name);
  Node node;
  context_.nodes.make(node, job.node_name, file->metadata(), file->attributes());
  read_content(*file, node);
  return node;
}

void FileSaver::read_content(SourceFile& file, Node& node) {
  const std::size_t expected = file.metadata().size;
  if (expected > kWholeFileSize) {
    file.advise_sequential();
    return save_in_chunks(file, {}, node);
  }
  buffer_.resize(std::max(expected + 1, std::size_t{4096}));
  const std::size_t size = file.read(buffer_);
  if (size == buffer_.size()) return save_in_chunks(file, std::exchange(buffer_, {}), node);
  save_whole(ByteView(buffer_).first(size), node);
}

void FileSaver::save_whole(ByteView content, Node& node) {
  node.size = content.size();
  if (content.empty()) return;
  node.content.push_back(context_.blobs.save(BlobType::kData, content, codec_, stop_));
  context_.progress.bytes_done += content.size();
}

void FileSaver::save_in_chunks(SourceFile& file, Bytes head, Node& node) {
  PendingChunks pending;
  Bytes buffer = std::move(head);
  std::size_t searched = 0;
  bool at_end = false;
  while (!at_end || !buffer.empty()) {
    const auto cut = context_.chunker.find_cut(buffer, at_end, searched);
    if (cut) {
      Bytes rest = copy_of(ByteView(buffer).subspan(*cut));
      buffer.resize(*cut);
      send_chunk(std::exchange(buffer, std::move(rest)), pending, node);
      searched = 0;
      continue;
    }
    searched = buffer.size();
    buffer.reserve(std::min(kMaxChunkSize + kReadSize, std::max(2 * searched, 2 * kReadSize)));
    buffer.resize(searched + kReadSize);
    const std::size_t count = file.read(MutByteView(buffer).subspan(searched));
    buffer.resize(searched + count);
    at_end = count < kReadSize;
  }
  collect(pending, 0, node);
}

void FileSaver::send_chunk(Bytes chunk, PendingChunks& pending, Node& node) {
  const std::size_t size = chunk.size();
  node.size += size;
  auto [future, promise] = make_future<Id>();
  pending.push_back(std::move(future));
  if (!context_.chunks.push({std::move(chunk), std::move(promise)}, size)) throw cancelled_error();
  collect(pending, kChunksInFlight - 1, node);
  context_.progress.bytes_done += size;
}

void FileSaver::collect(PendingChunks& pending, std::size_t leave, Node& node) {
  while (!pending.empty() && (pending.size() > leave || pending.front().ready())) {
    const std::optional<Id> id = pending.front().take();
    pending.pop_front();
    if (!id) throw cancelled_error();
    node.content.push_back(*id);
  }
}

void save_chunks(ChunkChannel& chunks, BlobSaver& blobs, Codec& codec, const StopToken& stop) {
  while (std::optional<ChunkJob> job = chunks.pop()) {
    job->promise.set(blobs.save(BlobType::kData, job->bytes, codec, stop));
  }
}

}  // namespace snapfs
