// A stack of trees that all threads share. Each takes a handful from its top, loads them by pack,
// and puts back what it found below them. Depth first keeps the stack short, and the trees of one
// directory, which lie side by side in a pack, together.
#include "fs/tree/tree_walk.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "fs/base/core_count.h"
#include "fs/base/start_threads.h"
#include "fs/index/pack_run.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

/// Trees that a thread takes at a time, at most.
constexpr std::size_t kBatch = 64;

/// Trees are small: what lies between two wanted ones is cheaper to read than to ask again.
constexpr RunLimits kRunLimits{.max_gap = 64 << 10, .max_length = 1 << 20};

/// The trees that are known and not visited. Thread-safe.
class PendingTrees {
 public:
  explicit PendingTrees(std::size_t threads) : threads_(threads) {}

  void push(std::vector<Id> trees) {
    // The last one pushed is taken first: keep the order that the trees had in their directory.
    std::ranges::reverse(trees);
    const std::lock_guard lock(mutex_);
    stack_.insert(stack_.end(), trees.begin(), trees.end());
    changed_.notify_all();
  }

  /// Some trees; none when all are visited, or the walk is to end. Whoever took some calls done().
  std::vector<Id> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ending_ || !stack_.empty() || busy_ == 0; });
    if (ending_ || stack_.empty()) return {};
    const std::size_t share = (stack_.size() + threads_ - 1) / threads_;
    const auto count = static_cast<std::ptrdiff_t>(std::min(kBatch, share));
    std::vector<Id> taken(stack_.rbegin(), stack_.rbegin() + count);
    stack_.erase(stack_.end() - count, stack_.end());
    ++busy_;
    return taken;
  }

  void done() {
    const std::lock_guard lock(mutex_);
    --busy_;
    changed_.notify_all();
  }

  /// The walk ends early; the first reason counts.
  void fail(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    ending_ = true;
    changed_.notify_all();
  }

  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  const std::size_t threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Id> stack_;
  std::size_t busy_ = 0;
  bool ending_ = false;
  std::exception_ptr failure_;
};

class Walk {
 public:
  Walk(Repository& repository, SeenTrees& seen, const VisitTree& visit, const TreeFailed& failed,
       StopToken stop)
      : repository_(repository),
        seen_(seen),
        visit_(visit),
        failed_(failed),
        stop_(std::move(stop)),
        threads_(core_count()),
        pending_(threads_) {}

  void run(std::span<const Id> roots) {
    push({roots.begin(), roots.end()});
    {
      std::vector<std::jthread> threads;
      start_threads(threads, threads_ - 1, 0, [this] { work(); });
      work();
    }
    pending_.rethrow_failure();
  }

 private:
  void work() {
    try {
      for (std::vector<Id> trees = pending_.take(); !trees.empty(); trees = pending_.take()) {
        visit_batch(trees);
        pending_.done();
      }
    } catch (...) {
      pending_.fail(std::current_exception());
    }
  }

  void visit_batch(const std::vector<Id>& trees) {
    std::vector<StoredBlob> stored;
    for (const Id& tree : trees) {
      const BlobHandle handle{BlobType::kTree, tree};
      if (const auto place = repository_.index().find_any(handle)) {
        stored.push_back({handle, *place});
      } else {
        visit_alone(tree);  // says what is wrong
      }
    }
    for (const PackRun& run : plan_runs(std::move(stored), kRunLimits)) visit_run(run);
  }

  void visit_run(const PackRun& run) {
    throw_if_stopped(stop_);
    Bytes bytes;
    try {
      bytes = repository_.load_run(run, stop_);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      for (const StoredBlob& blob : run.blobs) visit_alone(blob.handle.id);
      return;
    }
    for (const StoredBlob& blob : run.blobs) {
      throw_if_stopped(stop_);
      Bytes tree;
      try {
        tree = repository_.open_blob(run, blob, bytes);
      } catch (const Error&) {
        visit_alone(blob.handle.id);  // there may be another copy
        continue;
      }
      guarded(blob.handle.id, [&] { hand_over(blob.handle.id, std::move(tree)); });
    }
  }

  /// With all that the repository does to get at a blob.
  void visit_alone(const Id& tree) {
    guarded(tree, [&] { hand_over(tree, repository_.load_blob({BlobType::kTree, tree}, stop_)); });
  }

  void hand_over(const Id& tree, Bytes blob) {
    std::vector<Id> next;
    visit_(tree, std::move(blob), next);
    push(std::move(next));
  }

  void push(std::vector<Id> trees) {
    std::erase_if(trees, [this](const Id& tree) { return !seen_.insert(tree); });
    if (!trees.empty()) pending_.push(std::move(trees));
  }

  template <class Work>
  void guarded(const Id& tree, const Work& work) {
    try {
      work();
    } catch (...) {
      const Error error = current_error();
      const bool ends_it =
          error.code() == ErrorCode::kCancelled || error.code() == ErrorCode::kInternal;
      if (ends_it || !failed_) throw;
      const std::lock_guard lock(failed_mutex_);
      failed_(tree, error);
    }
  }

  Repository& repository_;
  SeenTrees& seen_;
  const VisitTree& visit_;
  const TreeFailed& failed_;
  std::mutex failed_mutex_;
  const StopToken stop_;
  const unsigned threads_;
  PendingTrees pending_;
};

}  // namespace

SeenTrees::SeenTrees(Repository& repository) : indexed_(repository.index().contents()) {}

bool SeenTrees::insert(const Id& tree) {
  switch (indexed_.insert({BlobType::kTree, tree})) {
    case BlobSet::Inserted::kNew:
      return true;
    case BlobSet::Inserted::kBefore:
      return false;
    case BlobSet::Inserted::kNotIndexed:
      break;
  }
  return others_.lock()->insert(tree).second;
}

void walk_trees(Repository& repository, std::span<const Id> roots, const VisitTree& visit,
                StopToken stop, const TreeFailed& failed) {
  SeenTrees seen(repository);
  walk_trees(repository, roots, seen, visit, std::move(stop), failed);
}

void walk_trees(Repository& repository, std::span<const Id> roots, SeenTrees& seen,
                const VisitTree& visit, StopToken stop, const TreeFailed& failed) {
  Walk(repository, seen, visit, failed, std::move(stop)).run(roots);
}

}  // namespace snapfs
