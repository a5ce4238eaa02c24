// A process of the world: one run of the program, with the host it runs on, and what became of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fs/base/id.h"
#include "tests/sim/world.h"

namespace snapfs {
class MemorySource;
}  // namespace snapfs

namespace snapfs::sim {

/// A machine: its processes share a name, a clock that may be wrong, and files.
struct Host {
  std::string name;
  Nanoseconds clock_error = 0;
  std::shared_ptr<MemorySource> files;
};

/// Names of files, and what is in them.
using Contents = std::map<std::string, std::string>;

/// Numbers from here on are no system's.
inline constexpr std::int64_t kFirstPid = 10'000'000;

class Process {
 public:
  Process(const Host& host, std::int64_t pid, Nanoseconds started)
      : host_(host), pid_(pid), started_(started) {}

  const Host& host() const noexcept { return host_; }
  std::int64_t pid() const noexcept { return pid_; }
  Nanoseconds started() const noexcept { return started_; }

  /// From now on nothing that it does has an effect, and every access to storage fails: its threads
  /// only unwind.
  void die() noexcept;
  bool is_dead() const noexcept { return is_dead_; }

  /// Whether it runs, for others of its host.
  bool is_there() const noexcept { return !is_dead_ && !has_ended_; }
  void end() noexcept { has_ended_ = true; }

  /// Nothing of it runs before that time, as if its machine slept.
  Nanoseconds paused_until() const noexcept { return paused_until_; }
  void pause_until(Nanoseconds time) noexcept {
    paused_until_ = time;
    was_disturbed = true;
  }

  /// As Ctrl-C does.
  void interrupt();
  std::function<void()> on_signal;  ///< while it handles them

  std::string output;          ///< what it wrote to standard output
  std::string messages;        ///< and to standard error
  std::size_t last_words = 0;  ///< lines of these that say why it failed

  // What it is about, for those who judge it.
  std::shared_ptr<const Contents> contents;  ///< of the snapshot that it takes
  std::optional<Id> reads;                   ///< the snapshot that it looks at
  bool may_forget = false;                   ///< snapshots that are reported as taken

  // What the storage saw of it.
  bool was_disturbed = false;  ///< a fault was its, or it had to wait long
  /// The first time that a lock file of it is stored.
  void note_lock(const Id& file, Nanoseconds time) {
    if (!locks_so_far.insert(file).second) return;
    lock = file;
    lock_time = time;
  }
  std::set<Id> locks_so_far;
  std::optional<Id> lock;     ///< its newest lock file
  Nanoseconds lock_time = 0;  ///< when that was stored
  bool had_no_room = false;   ///< for a lock file, when it had none
  std::vector<Id> snapshots;  ///< that it stored
  std::vector<Id> saved;      ///< all files that it stored

 private:
  const Host& host_;
  const std::int64_t pid_;
  const Nanoseconds started_;
  bool is_dead_ = false;
  bool has_ended_ = false;
  Nanoseconds paused_until_ = 0;
};

/// The processes that there ever were in the world, for kill(2).
const Process* find_process(std::int64_t pid) noexcept;
std::shared_ptr<Process> make_process(const Host& host);
void forget_processes() noexcept;

}  // namespace snapfs::sim
