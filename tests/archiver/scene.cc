// Building the scene and taking its snapshots.
#include "tests/archiver/scene.h"

#include <algorithm>
#include <cerrno>

#include "archiver/chunk/chunker.h"
#include "archiver/parent_directory.h"
#include "archiver/source/source_error.h"
#include "archiver/targets.h"
#include "fs/repo/repository.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs::test {
namespace {

using test::BackendCall;

/// Nothing is guarded here, and thousands of repositories are opened.
constexpr InitOptions kInstantInit{.kdf = ScryptParameters{.n = 2, .r = 1, .p = 1},
                                   .chunker_polynomial = {}};

constexpr std::size_t kPackBytes = 700;  // a few small blobs

/// As many chunks, all different, and a short one. Zeros are cut as early as can be.
std::string large_content(std::size_t chunks, char kind) {
  std::string content(chunks * kMinChunkSize + 100, '\0');
  for (std::size_t i = 0; i <= chunks; ++i) {
    content[i * kMinChunkSize] = kind;
    content[i * kMinChunkSize + 1] = static_cast<char>(i);
  }
  return content;
}

}  // namespace

void strike(Blow blow, const Operation& operation) {
  if (blow == Blow::kFatal) throw Error(ErrorCode::kInternal, "injected");
  if (operation.source) throw SourceError(EIO, "injected", "/item");
  throw Error(ErrorCode::kIo, "injected");
}

Scene::Scene() {
  Repository::init(backend_, as_bytes("password"), kInstantInit, {});
  fill_source();
}

Scene::Scene(const StoredRepository& stored) : parent_(stored.parent) {
  for (const auto& [key, bytes] : stored.files) backend_.save(key, bytes, {});
  fill_source();
  change_source();
}

StoredRepository Scene::store(std::optional<Snapshot> parent) {
  StoredRepository stored{.files = {}, .parent = std::move(parent)};
  for (const FileKind kind :
       {FileKind::kPack, FileKind::kKey, FileKind::kSnapshot, FileKind::kIndex}) {
    for (const FileInfo& info : backend_.list(kind, {})) {
      stored.files.push_back({{kind, info.id}, {}});
    }
  }
  stored.files.emplace_back(FileKey::config(), Bytes());
  for (auto& [key, bytes] : stored.files) bytes = backend_.load(key, std::nullopt, {}, {});
  return stored;
}

void Scene::store_partial(Snapshot snapshot) {
  Repository repository(backend_, as_bytes("password"), {}, {});
  snapshot.tags.emplace_back(kPartialTag);
  save_snapshot(repository, snapshot, {});
}

Snapshot Scene::take(unsigned threads, const Executor* executor, StopToken stop) {
  watched_backend_.before_each_call(nullptr);
  Repository repository(watched_backend_, as_bytes("password"), {}, {});
  repository.load_index({});
  source_.observe(nullptr);
  SnapshotRequest request;

  request.targets = resolve_targets(std::vector<std::string>{"/data"}, "/", source_);
  request.parent = parent_;
  request.time = {clock_.now(), 0};
  request.hostname = "host";
  request.program_version = "snapfs test";
  request.workers = threads;
  request.pack_bytes = kPackBytes;
  request.interrupt_source = end_observer_;
  request.checkpoint_every = checkpoint_every_;
  add_partial(repository, request);
  const Execution execution{.executor = executor,
                            .queued_batches = 1,
                            .queued_chunk_bytes = 1,
                            .spare_chunk_bytes = 1 << 20,
                            .queued_tree_bytes = 1};
  operations_ = 0;
  opened_files_ = 0;
  source_.observe([this](SourceOperation operation, const std::string&) { begin(operation, {}); });
  watched_backend_.before_each_call([this](BackendCall call, const FileKey&) { begin({}, call); });
  progress_ = std::make_unique<CountingProgress>();
  return create_snapshot(repository, source_, clock_, std::move(request), *progress_,
                         std::move(stop), execution);
}

std::size_t Scene::stored(FileKind kind) { return backend_.list(kind, {}).size(); }

std::size_t Scene::finished_snapshots() {
  Repository repository(backend_, as_bytes("password"), {}, {});
  const std::vector<Snapshot> snapshots = load_snapshots(repository, {});
  return static_cast<std::size_t>(
      std::ranges::count_if(snapshots, [](const Snapshot& each) { return !is_partial(each); }));
}

void Scene::add_partial(Repository& repository, SnapshotRequest& request) {
  for (Snapshot& snapshot : load_snapshots(repository, {})) {
    if (!is_partial(snapshot)) continue;
    request.superfluous.push_back(snapshot.id);
    if (request.partial.size() + 1 < kMaxParents) request.partial.push_back(std::move(snapshot));
  }
}

void Scene::begin(std::optional<SourceOperation> source, std::optional<BackendCall> backend) {
  const std::size_t number = ++operations_;
  if (source == SourceOperation::kOpenFile) ++opened_files_;
  if (observer_) observer_(Operation{number, source, backend});
}

void Scene::fill_source() {
  source_.add_file("/data/small", "content");
  source_.add_file("/data/empty", "");
  source_.add_file("/data/large", large_content(3, 'l'));
  source_.add_file("/data/a/b/large", large_content(2, 'm'));
  source_.add_file("/data/a/b/c/deep", "deep");
  source_.add_file("/data/a/one", "one");
  source_.add_file("/data/a/b/two", "two");
  source_.add_symlink("/data/a/link", "one");
  source_.add_hard_link("/data/small", "/data/a/hard");
  for (int i = 0; i < 5; ++i) {
    source_.add_file("/data/d/" + std::to_string(i), "content " + std::to_string(i));
    source_.add_file("/data/e" + std::to_string(i) + "/file", "another " + std::to_string(i));
  }
  source_.add_directory("/data/nothing");
  source_.add_special("/data/pipe", S_IFIFO | 0600);
  source_.add_file("/data/locked", "content");
  source_.add_file("/data/breaks", std::string(1000, 'x'));
  source_.add_file("/data/closed/file", "content");
  source_.fail("/data/locked", SourceOperation::kOpenFile, EACCES);
  source_.fail("/data/breaks", SourceOperation::kRead, EIO, 100);
  source_.fail("/data/closed", SourceOperation::kOpenDir, EACCES);
}

void Scene::change_source() {
  for (const char* path : {"/data/a/b/two", "/data/d/2", "/data/a/b/large"}) {
    source_.update(path, [](SourceMetadata& metadata) { ++metadata.ctime.seconds; });
  }
  source_.add_file("/data/e1/file", "written again");
  source_.add_file("/data/new/file", "new");
  source_.remove("/data/d/3");
}

}  // namespace snapfs::test
