#include "archiver/pipeline.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "archiver/task/waiter.h"
#include "fs/crypto/sha256.h"
#include "fs/tree/tree_builder.h"

namespace snapfs {
namespace {

/// The fibers of each worker thread.
enum Role : std::size_t { kFileSaver, kChunkSaver, kTreeSaver, kRoles };

// How much may wait between the stages. The memory bound of a run is the sum of these, plus what
// each worker holds in its hands.
constexpr std::size_t kQueuedBatches = 8;
constexpr std::size_t kQueuedChunkBytes = 16 << 20;
constexpr std::size_t kQueuedEntries = 64 << 10;

std::size_t worker_count(const SnapshotRequest& request) {
  if (request.workers != 0) return request.workers;
  return std::max(1U, std::thread::hardware_concurrency());
}

std::vector<std::unique_ptr<Codec>> make_codecs(const Repository& repository, std::size_t count) {
  std::vector<std::unique_ptr<Codec>> codecs(count);
  std::ranges::generate(codecs, [&] { return repository.make_codec(); });
  return codecs;
}

Id empty_tree() { return sha256(as_bytes(TreeBuilder().finish())); }

}  // namespace

Pipeline::Pipeline(Repository& repository, const SourceFs& source, PackSink& stored,
                   const SnapshotRequest& request, Statistics& statistics, Progress& progress,
                   const StopToken& stop)
    : repository_(repository),
      request_(request),
      zone_(TimeZone::local()),
      tomb_(stop),
      codecs_(make_codecs(repository, worker_count(request))),
      file_savers_(codecs_.size()),
      chunker_tables_(repository.config().chunker_polynomial),
      chunker_(chunker_tables_),
      nodes_(request.with_atime, progress),
      files_(tomb_, kQueuedBatches),
      chunks_(tomb_, kQueuedChunkBytes),
      trees_(tomb_, kQueuedEntries),
      uploader_(tomb_, stored, repository.backend().connections(), request.pack_bytes),
      packs_(uploader_, request.pack_bytes),
      blobs_(repository, packs_, statistics),
      tree_saver_(blobs_, statistics, zone_),
      file_context_{blobs_, chunker_, nodes_, statistics, progress, zone_, chunks_},
      walk_context_{repository, source, nodes_, statistics, progress, zone_, files_, trees_} {}

Id Pipeline::run() {
  Id root;
  {
    WorkerPool workers(tomb_,
                       {.name = "worker", .threads = codecs_.size(), .fibers_per_thread = kRoles},
                       [this](std::size_t worker) { work(worker); });
    tomb_.run([&] { root = walk(); });
    workers.join();
  }
  tomb_.run([&] { packs_.flush(*codecs_.front(), tomb_.token()); });
  uploader_.finish();
  settle_wakes();  // the calling thread took part, and it may end soon
  tomb_.rethrow_if_killed();
  return root;
}

void Pipeline::work(std::size_t worker) {
  Codec& codec = *codecs_[worker / kRoles];
  const StopToken stop = tomb_.token();
  switch (static_cast<Role>(worker % kRoles)) {
    case kFileSaver:
      tomb_.run([&] { FileSaver(file_context_, codec, stop).run(files_); });
      if (--file_savers_ == 0) chunks_.close();
      return;
    case kChunkSaver:
      return save_chunks(chunks_, blobs_, codec, stop);
    default:
      return tree_saver_.run(trees_, codec, stop);
  }
}

/// In the calling thread, which belongs to nobody's fibers: it may wait for all of them.
Id Pipeline::walk() {
  Walker walker(walk_context_, tomb_.token());
  const auto parent_root = request_.parent ? std::optional(request_.parent->tree) : std::nullopt;
  DirectoryContent root = walker.walk(request_.targets, parent_root);
  files_.close();
  trees_.close();
  const std::unique_ptr<Codec> codec = repository_.make_codec();
  const std::optional<Id> tree = tree_saver_.save(std::move(root), *codec, tomb_.token());
  if (!tree) throw cancelled_error();
  if (*tree == empty_tree()) {
    throw Error(ErrorCode::kNotFound, "nothing to snapshot: none of the paths could be read");
  }
  return *tree;
}

}  // namespace snapfs
