// Names that are not there any more, on their way to the kernel. The kernel keeps what it knows of
// a name, and of all that is below, until somebody asks for the name again or memory is short; and
// what the kernel knows, the mount keeps.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "mount/model/ino.h"
#include "mount/model/virtual_tree.h"

namespace snapfs {

/// Thread-safe.
class GoneNames {
 public:
  /// Tells the kernel of one. Waits while the kernel itself waits for an answer about the
  /// directory, or about what is below the name.
  using Tell = std::function<void(const VirtualTree::GoneName& name)>;

  /// Those that are too many are left to the kernel.
  void add(std::vector<VirtualTree::GoneName> names);

  /// Tells of them, one after the other, until end(). To be called by a thread that answers no
  /// requests, once.
  void run(const Tell& tell);

  /// Ends run() for good. Calls `then` once nothing is being told: until then somebody must answer
  /// requests. Only the last `then` counts.
  void end(std::function<void()> then);

 private:
  static constexpr std::size_t kMost = 100'000;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<VirtualTree::GoneName> names_;
  bool telling_ = false;
  bool ended_ = false;
  std::function<void()> then_;
};

}  // namespace snapfs
