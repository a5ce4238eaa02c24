#include "tests/crash/repository_state.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <string_view>

#include "archiver/archiver.h"
#include "archiver/select/selection.h"
#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "fs/maintain/check.h"
#include "fs/maintain/prune.h"
#include "fs/maintain/repair_index.h"
#include "fs/repo/keyring.h"
#include "fs/repo/repository.h"
#include "fs/repo/stale_locks.h"
#include "fs/time/clock.h"
#include "fs/time/rfc3339.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_reader.h"
#include "tests/support/memory_source.h"
#include "tests/support/quick_init.h"

namespace snapfs::test {
namespace {

class FirstError final : public CheckListener {
 public:
  void error(std::string_view message) override {
    if (first_.empty()) first_ = message;
  }
  const std::string& first() const { return first_; }

 private:
  std::string first_;
};

class Silent final : public Progress {
  void left_out(const std::string& /*path*/, const std::string& /*message*/) override {}
  void show_warning(const std::string& /*path*/, const std::string& /*message*/) override {}
  void show_note(const std::string& /*path*/, const std::string& /*message*/) override {}
};

void fill(MemoryBackend& backend, const RepositoryFiles& files) {
  for (const auto& [key, content] : files) backend.save(key, as_bytes(*content), {});
}

void for_each_pack(Repository& repository, const IndexReader::Visit& visit) {
  for (const FileInfo& file : repository.files().list(FileKind::kIndex, {})) {
    repository.read_index(file.id, visit, {});
  }
}

/// Throws Error as load_blob does for the first blob that cannot be read.
void read_whole(Repository& repository, const Id& tree) {
  visit_tree(repository, tree,
             [&](const Node& node) {
               for (const Id& blob : node.content)
                 repository.load_blob({BlobType::kData, blob}, {});
               if (node.subtree) read_whole(repository, *node.subtree);
             },
             {});
}

/// What is looked at, step by step; a step throws std::runtime_error with what is not as promised.
class Look {
 public:
  Look(const RepositoryFiles& files, const Promises& promises) : promises_(promises) {
    fill(backend_, files);
  }

  void run(bool go_on) {
    if (!backend_.size(FileKey::config(), {})) return require_place_for_one();
    open();
    drop_locks();
    look_at_keys();
    if (promises_.version && repository_->config().version != *promises_.version) {
      fail("it has another version");
    }
    if (promises_.index_may_be_wrong) {
      MaintenanceProgress progress;
      repair_index(*repository_, clock_, {}, progress, {});
    }
    look_for_snapshots();
    if (promises_.remains) return look_at_remains();
    check();
    if (!go_on) return;
    take_snapshot();
    prune();
    check();
  }

 private:
  [[noreturn]] static void fail(const std::string& words) { throw std::runtime_error(words); }

  /// Nothing was promised yet: init can be run again, or says what is in its way.
  void require_place_for_one() {
    if (promises_.exists) fail("there is no config");
    if (!backend_.list(FileKind::kKey, {}).empty()) return;
    Repository::init(backend_, as_bytes("password"), kQuickInit, {});
  }

  void open() {
    for (const std::string& password : promises_.passwords) {
      try {
        repository_ =
            std::make_unique<Repository>(backend_, as_bytes(password), OpenOptions{}, StopToken{});
        password_ = password;
        if (!promises_.all_passwords) return;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kWrongPassword) throw;
        if (promises_.all_passwords) fail("not every password opens it");
      }
    }
    if (repository_ == nullptr) fail("no password opens it");
  }

  void reopen() {
    repository_ =
        std::make_unique<Repository>(backend_, as_bytes(password_), OpenOptions{}, StopToken{});
  }

  /// Those who made them are gone. One that cannot be read would keep everybody out.
  void drop_locks() {
    for (const StoredLock& lock : list_locks(*repository_, {})) {
      if (!lock.info) fail("a lock cannot be read: " + lock.problem);
      repository_->files().remove({FileKind::kLock, lock.id}, {});
    }
  }

  void look_at_keys() {
    const std::size_t keys =
        list_keys(*repository_,
                  [](const Id& id, const Error& error) { fail(id.hex() + ": " + error.what()); },
                  {})
            .size();
    if (promises_.keys && keys != *promises_.keys) fail("there are other keys");
  }

  void check() {
    reopen();
    CheckOptions options;
    options.read_data = PackSubset();
    FirstError listener;
    const CheckVerdict verdict = check_repository(*repository_, options, listener, {});
    if (!verdict.sound()) fail("check finds: " + listener.first());
  }

  void look_for_snapshots() {
    std::set<std::string> times;
    std::set<std::string> ids;
    for (const Snapshot& snapshot : load_snapshots(*repository_, {})) {
      times.insert(format_rfc3339(snapshot.time));
      ids.insert(snapshot.id.hex());
    }
    for (const std::string& time : promises_.times) {
      if (!times.contains(time)) fail("the snapshot of " + time + " is gone");
    }
    for (const std::string& saved : promises_.saved) {
      const auto found = ids.lower_bound(saved);
      if (found == ids.end() || !found->starts_with(saved)) {
        fail("snapshot " + saved + " was reported as saved, and is not there");
      }
    }
  }

  void look_at_remains() {
    reopen();
    repository_->load_index({});
    for_each_pack(*repository_, [&](const PackDescription& pack) {
      if (!backend_.size({FileKind::kPack, pack.id}, {})) {
        fail("the index lists pack " + pack.id.hex() + ", which is not there");
      }
    });
    for (const BlobHandle& blob : promises_.remains->blobs) repository_->load_blob(blob, {});
    std::set<std::string> whole;
    for (const Snapshot& snapshot : load_snapshots(*repository_, {})) {
      try {
        read_whole(*repository_, snapshot.tree);
        whole.insert(format_rfc3339(snapshot.time));
      } catch (const Error&) {
        if (!promises_.remains->snapshots.contains(snapshot.id)) throw;
      }
    }
    for (const std::string& time : promises_.whole) {
      if (!whole.contains(time)) fail("the snapshot of " + time + " cannot be read");
    }
  }

  void take_snapshot() {
    reopen();
    repository_->load_index({});
    MemorySource source;
    source.add_file("/data/file", "what comes next");
    SnapshotRequest request;
    const std::vector<std::string> targets = {"/data"};
    request.targets = resolve_targets(targets, "/", source);
    request.time = {clock_.now(), 0};
    request.hostname = "host";
    request.program_version = "snapfs test";
    request.workers = 1;
    Silent progress;
    create_snapshot(*repository_, source, clock_, request, progress, {});
  }

  void prune() {
    reopen();
    PruneOptions options;
    options.policy.max_unused = UnusedLimit::of_bytes(0);
    MaintenanceProgress progress;
    const PreparedPrune prepared = prepare_prune(*repository_, options, progress, {});
    const PruneOutcome outcome =
        execute_prune(*repository_, clock_, prepared, options, progress, {});
    if (outcome.files_left != 0) fail("prune could not remove something");
  }

  const Promises& promises_;
  MemoryBackend backend_;
  SystemClock clock_;
  std::string password_;
  std::unique_ptr<Repository> repository_;
};

}  // namespace

RepositoryFiles repository_in(const DiskState& state, const std::string& directory) {
  RepositoryFiles files;
  for (const auto& [path, entry] : state) {
    if (entry.type != EntryType::kFile || !path.starts_with(directory + "/")) continue;
    const std::string name = path.substr(directory.size() + 1);
    if (name == "config") {
      files[FileKey::config()] = entry.content;
      continue;
    }
    const std::optional<Id> id = Id::parse(name.substr(name.rfind('/') + 1));
    if (!id) continue;
    for (const FileKind kind : kListedKinds) {
      if (path_of({kind, *id}) == name) files[{kind, *id}] = entry.content;
    }
  }
  return files;
}

Remains remains_of(const RepositoryFiles& files, const std::string& password) {
  MemoryBackend backend;
  fill(backend, files);
  Repository repository(backend, as_bytes(password), OpenOptions{}, StopToken{});
  repository.load_index({});
  Remains remains;
  for_each_pack(repository, [&](const PackDescription& pack) {
    for (const PackEntry& entry : pack.entries) {
      try {
        repository.load_blob(entry.handle, {});
        remains.blobs.push_back(entry.handle);
      } catch (const Error&) {
        continue;  // it is a damaged one
      }
    }
  });
  for (const Snapshot& snapshot : load_snapshots(repository, {})) {
    remains.snapshots.insert(snapshot.id);
  }
  return remains;
}

std::optional<std::string> broken_promise(const RepositoryFiles& files, const Promises& promises,
                                          bool go_on) {
  try {
    Look(files, promises).run(go_on);
    return std::nullopt;
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace snapfs::test
