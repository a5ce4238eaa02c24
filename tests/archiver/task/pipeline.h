// A small pipeline of the archiver's shape for the kill tests: a walk hands jobs to savers and
// nodes to a collector, with bytes in flight bounded. Every job and buffer is counted.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "archiver/task/channel.h"
#include "archiver/task/future_node.h"
#include "archiver/task/semaphore.h"
#include "archiver/task/tomb.h"

namespace snapfs::test {

/// Something that exists; `count` says how many there are.
class Counted {
 public:
  explicit Counted(std::atomic<int>& count) noexcept : count_(&count) { ++*count_; }
  Counted(Counted&& other) noexcept : count_(other.count_) { ++*count_; }
  Counted& operator=(Counted&& other) noexcept = default;
  ~Counted() { --*count_; }

 private:
  std::atomic<int>* count_;
};

/// The fibers' bodies; run `walk` once, `save` any number of times, `collect` once, all at the same
/// time. They end when all is done or the tomb is killed.
class Pipeline {
 public:
  Pipeline(Tomb& tomb, std::size_t nodes)
      : tomb_(tomb), nodes_(nodes), in_flight_(tomb, 8), jobs_(tomb, 4), directory_(tomb, 3) {}

  /// Sends the nodes in order, every third one reused, the others saved by somebody.
  void walk() {
    for (std::size_t i = 0; i < nodes_ && tomb_.alive(); ++i) {
      ++opened_;
      if (i % 3 == 0) {
        if (!directory_.push(FutureNode::reused({i, 1}))) return;
        continue;
      }
      auto [node, promise] = FutureNode::make();
      Permit permit = in_flight_.acquire(1 + i % 4);
      if (!permit) return;
      Job job{i, std::move(permit), std::move(promise), Counted(live_)};
      if (!jobs_.push(std::move(job), 1 + i % 3)) return;
      if (!directory_.push(std::move(node))) return;
    }
    jobs_.close();
    directory_.close();
  }

  /// Delivers what the walk asks for, as long as there is something.
  void save() {
    while (auto job = jobs_.pop()) {
      job->promise.set({std::to_string(job->index)});
    }
  }

  /// Takes the nodes in order.
  void collect() {
    while (auto node = directory_.pop()) {
      const auto result = node->take();
      if (!result) return;  // cancelled
      const auto* slice = std::get_if<NodeSlice>(&*result);
      const std::size_t index = slice != nullptr ? static_cast<std::size_t>(slice->offset)
                                                 : std::stoul(std::get<SavedNode>(*result).json);
      if (index != collected_) ++misplaced_;
      ++collected_;
    }
  }

  int live() const { return live_; }
  std::size_t collected() const { return collected_; }
  std::size_t misplaced() const { return misplaced_; }
  std::size_t opened() const { return opened_; }
  std::size_t bytes_in_flight() const { return in_flight_.used(); }

 private:
  struct Job {
    std::size_t index;
    Permit permit;
    NodePromise promise;
    Counted counted;
  };

  Tomb& tomb_;
  const std::size_t nodes_;
  std::atomic<int> live_{0};
  Semaphore in_flight_;
  Channel<Job> jobs_;
  Channel<FutureNode> directory_;
  // Written by one fiber each, read after all have ended.
  std::size_t collected_ = 0;
  std::size_t misplaced_ = 0;
  std::atomic<std::size_t> opened_{0};
};

}  // namespace snapfs::test
