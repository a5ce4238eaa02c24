#include "archiver/pipeline.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "archiver/task/waiter.h"
#include "fs/base/core_count.h"
#include "fs/tree/tree_builder.h"

namespace snapfs {
namespace {

/// The fibers of each worker thread. Two read files, so that there is work while one of them waits
/// for its last chunks.
enum Role : std::size_t { kFileSaver, kSecondFileSaver, kChunkSaver, kTreeSaver, kRoles };

/// A walker's stack grows with the depth of the source, by some KiB a level.
constexpr std::size_t kWalkerStackBytes = 16 << 20;

std::size_t walker_count(const SnapshotRequest& request) {
  if (request.workers != 0) return request.workers;
  return core_count();
}

/// A worker that waits for a slow disk is no use otherwise: more files at once take more workers.
std::size_t worker_count(const SnapshotRequest& request) {
  return std::max<std::size_t>(walker_count(request), request.read_concurrency);
}

std::vector<std::unique_ptr<Codec>> make_codecs(const Repository& repository, std::size_t count) {
  std::vector<std::unique_ptr<Codec>> codecs(count);
  std::ranges::generate(codecs, [&] { return repository.make_codec(); });
  return codecs;
}

/// How much JSON of files may wait for their directories to be done.
constexpr std::size_t kLogBytes = 8 << 20;

ParentSnapshots parents_of(const SnapshotRequest& request) {
  ParentSnapshots parents;
  std::size_t count = 0;
  const auto add = [&](const Snapshot& snapshot) {
    const ZonedTime start = snapshot.summary ? snapshot.summary->backup_start : snapshot.time;
    const bool has_all_attributes = snapshot.uid == request.uid &&
                                    snapshot.username == request.username &&
                                    snapshot.program_version.starts_with("snapfs ") &&
                                    !snapshot.program_version.ends_with(kAttributesUnread);
    parents.at(count++) = {snapshot.tree, start.instant, has_all_attributes};
  };
  std::ranges::for_each(request.partial, add);
  if (request.parent) add(*request.parent);
  return parents;
}

}  // namespace

Pipeline::Pipeline(Repository& repository, const SourceFs& source, PackSink& stored,
                   const SnapshotRequest& request, Statistics& statistics, Progress& progress,
                   const StopToken& stop, IndexSaver& indexes,
                   std::function<void(const Id& tree)> commit_partial, const Execution& execution)
    : executor_(execution.executor != nullptr ? *execution.executor : threads_),
      repository_(repository),
      request_(request),
      zone_(TimeZone::local()),
      tomb_(stop),
      codecs_(make_codecs(repository, worker_count(request))),
      file_savers_(2 * codecs_.size()),
      chunker_tables_(repository.config().chunker_polynomial),
      chunker_(chunker_tables_),
      nodes_(request.with_atime, progress),
      log_(request.checkpoint_every.count() > 0 ? std::make_unique<CheckpointLog>(zone_, kLogBytes)
                                                : nullptr),
      files_(tomb_, execution.queued_batches),
      chunks_(tomb_, execution.queued_chunk_bytes),
      trees_(tomb_, execution.queued_tree_bytes),
      walks_(tomb_, codecs_.size()),
      buffers_(execution.spare_chunk_bytes),
      stored_(stored),
      uploader_(executor_, tomb_, stored_, repository.files().traits().pack_transfers,
                (repository.files().traits().pack_transfers + 1) * request.pack_bytes),
      packs_(uploader_, request.pack_bytes,
             first_pack_bytes(repository.files(), request.pack_bytes)),
      blobs_(repository, packs_, statistics),
      tree_saver_(blobs_, statistics, progress, zone_),
      file_context_{
          {blobs_, chunker_, chunks_, buffers_, progress}, nodes_, statistics, progress, zone_},
      parents_(repository, tomb_.token()),
      walk_context_{
          parents_,
          source,
          request.selection,
          statistics,
          progress,
          files_,
          trees_,
          walks_,
          {repository.index(), nodes_, progress, zone_, parents_of(request), request.unchanged},
          request.partial.size(),
          log_.get()},
      checkpoint_blobs_(repository, packs_, checkpoint_statistics_),
      checkpoint_context_{tomb_,  repository, log_.get(), checkpoint_blobs_,
                          packs_, stored_,    indexes,    std::move(commit_partial)} {}

Id Pipeline::run() {
  // Whoever reads a source that waits for others cannot be sent home by a channel.
  const std::stop_callback interrupt(tomb_.token(), [this] {
    if (request_.interrupt_source) request_.interrupt_source();
  });
  Id root;
  {
    const std::unique_ptr<Workers> workers = executor_.start(
        tomb_, {.name = "worker", .threads = codecs_.size(), .fibers_per_thread = kRoles},
        [this](std::size_t worker) { work(worker); });
    std::optional<Checkpointer> checkpointer;
    if (log_) checkpointer.emplace(checkpoint_context_, request_.checkpoint_every);
    tomb_.run([&] { root = save_root(walk()); });
    workers->join();
  }
  tomb_.run([&] { packs_.flush(*codecs_.front(), tomb_.token()); });
  uploader_.finish();
  settle_wakes();  // the calling thread took part, and it may end soon
  tomb_.rethrow_if_killed();
  return root;
}

/// `saver` counts the first savers of all threads, then the second ones.
void Pipeline::save_files(std::size_t saver, Codec& codec, const StopToken& stop) {
  if (request_.read_concurrency == 0 || saver < request_.read_concurrency) {
    tomb_.run([&] { FileSaver(file_context_, codec, stop).run(files_); });
  }
  if (--file_savers_ == 0) chunks_.close();
}

void Pipeline::work(std::size_t worker) {
  Codec& codec = *codecs_[worker / kRoles];
  const StopToken stop = tomb_.token();
  switch (static_cast<Role>(worker % kRoles)) {
    case kFileSaver:
      return save_files(worker / kRoles, codec, stop);
    case kSecondFileSaver:
      return save_files(codecs_.size() + worker / kRoles, codec, stop);
    case kChunkSaver:
      return save_chunks(file_context_.content, codec, stop);
    default:
      return tree_saver_.run(trees_, codec, stop);
  }
}

/// The calling thread is a walker, too: it belongs to nobody's fibers and may wait for all of them.
DirectoryContent Pipeline::walk() {
  std::unique_ptr<Workers> helpers;
  const std::size_t walkers = walker_count(request_);
  if (walkers > 1) {
    helpers = executor_.start(
        tomb_, {.name = "walk", .threads = walkers - 1, .stack_bytes = kWalkerStackBytes},
        [this](std::size_t) { Walker(walk_context_, tomb_.token()).help(); });
  }
  DirectoryContent root;
  // Here, and not by the caller: leaving the pool by an exception would kill the tomb before it.
  tomb_.run([&] { root = Walker(walk_context_, tomb_.token()).walk(request_.targets); });
  if (helpers) helpers->join();
  tomb_.rethrow_if_killed();
  files_.close();
  trees_.close();
  return root;
}

Id Pipeline::save_root(DirectoryContent content) {
  const std::unique_ptr<Codec> codec = repository_.make_codec();
  const std::optional<SavedBlob> tree = tree_saver_.save(std::move(content), *codec, tomb_.token());
  if (!tree) throw cancelled_error();
  if (tree->id == empty_tree()) {
    throw Error(ErrorCode::kNotFound,
                "nothing to snapshot: all that the paths hold is excluded or could not be read");
  }
  return tree->id;
}

}  // namespace snapfs
