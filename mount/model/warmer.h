// Loads what is below a path into the caches, in the background, because somebody said that it will
// be wanted (.snapfs/prefetch).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fs/base/stop_token.h"
#include "mount/model/ino.h"

namespace snapfs {

class SnapshotFs;

/// Thread-safe. Has a thread of its own, from the first path on.
class Warmer {
 public:
  /// Loads at most `budget_bytes` of content for a path. `fs` must outlive this.
  Warmer(SnapshotFs& fs, std::uint64_t budget_bytes) : fs_(fs), budget_bytes_(budget_bytes) {}

  /// `path` is below the mountpoint: a snapshot, or anything in one. What does not exist, or cannot
  /// be read, is skipped. Paths beyond the last kMaxWaiting are dropped.
  void want(std::string path);

  /// Whether all that was wanted is done.
  bool idle() const;

  static constexpr std::size_t kMaxWaiting = 1000;

 private:
  void work(const StopToken& stop);
  void warm(const std::string& path, const StopToken& stop);
  std::optional<Ino> find(const std::string& path, unsigned links_left);
  /// What will be gone through, the next one last. The last `announced` are on their way.
  struct Pending {
    std::vector<Ino> inodes;
    std::size_t announced = 0;
  };

  void announce(Pending& pending, std::uint64_t left);
  void warm_one(Ino ino, Pending& pending, std::uint64_t& left, const StopToken& stop);
  void warm_file(Ino ino, std::uint64_t& left, const StopToken& stop);

  SnapshotFs& fs_;
  const std::uint64_t budget_bytes_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::string> waiting_;
  bool busy_ = false;
  std::jthread thread_;  ///< the last member: ends before the others
};

}  // namespace snapfs
