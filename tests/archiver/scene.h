// A whole snapshot with everything around it in memory, for tests that end it early: a source with
// every kind of item, a repository, and a hook before each operation of either. Checks nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archiver/archiver.h"
#include "fs/backend/memory.h"
#include "tests/support/fault_backend.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_source.h"

namespace snapfs::test {

/// Counts warnings and drops them.
class CountingProgress final : public Progress {
 private:
  void show_warning(const std::string& /*path*/, const std::string& /*message*/) override {}
};

/// A repository's files, and the snapshot in it that the runs have as their parent.
struct StoredRepository {
  std::vector<std::pair<FileKey, Bytes>> files;
  std::optional<Snapshot> parent;
};

/// An operation, of the source or of the backend.
struct Operation {
  std::size_t number = 0;  ///< in its run, from 1
  std::optional<SourceOperation> source;
  std::optional<test::BackendCall> backend;
};

/// What ends the run, or disturbs it.
enum class Blow {
  kNone,
  kStop,     // from outside, before a switch
  kFatal,    // an operation fails with what is nobody's fault in particular
  kIoError,  // an operation fails with EIO: of the source, it costs an item
};

/// Throws what the operation throws that such a blow falls on.
[[noreturn]] void strike(Blow blow, const Operation& operation);

/// One scene, one run after the other.
class Scene {
 public:
  /// An empty repository, and a source of which a later scene has changed a part.
  Scene();

  /// What an earlier scene left behind; without a parent the source is the same all the same.
  explicit Scene(const StoredRepository& stored);

  /// What is in the repository now, with `parent` as the parent of later runs.
  StoredRepository store(std::optional<Snapshot> parent);

  /// Opens the repository as a new process does and takes a snapshot, with tiny queues and packs.
  Snapshot take(unsigned threads, const Executor* executor = nullptr, StopToken stop = {});

  /// Stores the snapshot as a partial one: later runs take over what is in it, and remove it.
  void store_partial(Snapshot snapshot);

  /// From now on runs write partial snapshots.
  void write_checkpoints(std::chrono::milliseconds every) { checkpoint_every_ = every; }

  /// Called before each operation of the runs that follow, by the fiber that asks for it: it may
  /// throw in place of the operation.
  void observe(std::function<void(const Operation&)> observer) { observer_ = std::move(observer); }

  /// Called when a run fails or is stopped, in the thread that ends it.
  void observe_end(std::function<void()> observer) { end_observer_ = std::move(observer); }

  // Of the latest run so far; an operation counts from its beginning.
  std::size_t operations() const { return operations_; }
  std::size_t opened_files() const { return opened_files_; }
  std::size_t warnings() const { return progress_->errors; }

  /// Files of that kind in the repository.
  std::size_t stored(FileKind kind);

  /// Those of them that are snapshots of finished runs.
  std::size_t finished_snapshots();

 private:
  void fill_source();
  void change_source();
  void add_partial(Repository& repository, SnapshotRequest& request);
  void begin(std::optional<SourceOperation> source, std::optional<test::BackendCall> backend);

  MemoryBackend backend_;
  test::FaultBackend watched_backend_{backend_};
  MemorySource source_;
  test::ManualClock clock_;
  std::optional<Snapshot> parent_;
  std::chrono::milliseconds checkpoint_every_{0};
  std::function<void(const Operation&)> observer_;
  std::function<void()> end_observer_;
  std::atomic<std::size_t> operations_ = 0;
  std::atomic<std::size_t> opened_files_ = 0;
  std::unique_ptr<CountingProgress> progress_;  ///< of the latest run
};

}  // namespace snapfs::test
