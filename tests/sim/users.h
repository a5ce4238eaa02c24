// The users of a storage: on each host one command after the other, as a person or a timer would,
// by the program's own entry: parsed, locked, carried out, told.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archiver/source/source_fs.h"
#include "fs/base/id.h"
#include "tests/sim/process.h"
#include "tests/sim/stored_world.h"
#include "tests/sim/world.h"

namespace snapfs {
class SnapshotFs;
class Signals;
enum class ExitCode : int;
}  // namespace snapfs

namespace snapfs::sim {

/// What became of a command.
struct Outcome {
  std::shared_ptr<Process> process;
  int status = 0;  ///< its exit status
  bool succeeded() const { return status == 0 && !process->is_dead(); }
};

struct UsersOptions {
  bool tell = false;   ///< each command, as it ends, on standard error
  bool judges = true;  ///< a command that failed without a cause is a violation
};

struct CommandCounts {
  std::size_t commands = 0;
  std::size_t succeeded = 0;
  std::size_t killed = 0;
  std::size_t snapshots = 0;             ///< that were reported as taken
  std::size_t files_dumped = 0;          ///< by whole commands, and compared
  std::size_t files_read_in_mounts = 0;  ///< and compared
};

CommandCounts& operator+=(CommandCounts& sum, const CommandCounts& more) noexcept;

/// Violations of what must be so are told to the storage. Contents of files come from a small
/// stock, so that hosts store the same blobs, and what was forgotten comes back.
class Users {
 public:
  Users(World& world, StoredWorld& stored, const UsersOptions& options)
      : world_(world), stored_(stored), options_(options) {}

  /// Its clock is wrong by up to three minutes.
  void add_host();
  const std::vector<std::unique_ptr<Host>>& hosts() const noexcept { return hosts_; }

  /// Each file that a host may have is there.
  void fill_files(const Host& host);

  /// A command as drawn, and each of them.
  void run_some_command(const Host& host);
  void take_snapshot(const Host& host);
  void forget(const Host& host, bool and_prune);
  void prune(const Host& host);
  void check(const Host& host);
  void dump(const Host& host);

  /// What a mount does, without the kernel: shows snapshots for some time, under its lock.
  void mount(const Host& host);

  /// With the arguments, as a new process or as that one.
  Outcome call(const Host& host, const std::vector<std::string>& arguments);
  Outcome call(std::shared_ptr<Process> process, const std::vector<std::string>& arguments);
  Outcome call_to_forget(const Host& host, const std::vector<std::string>& arguments);
  Outcome call_to_take_snapshot(std::shared_ptr<Process> process);
  Outcome call_to_mount(std::shared_ptr<Process> process);

  /// Calls `work` as that process: in a thread of its own, as main() is called.
  template <class Work>
  void as(const std::shared_ptr<Process>& process, const Work& work) {
    std::shared_ptr<Process> outer = world_.thread().process;
    world_.thread().process = process;
    work();
    process->end();
    world_.thread().process = std::move(outer);
  }

  /// What was reported as taken.
  const std::vector<Id>& snapshots() const noexcept { return snapshots_; }
  const CommandCounts& counts() const noexcept { return counts_; }

  /// Of the first host: what its files are, and which snapshots there are.
  struct State {
    std::vector<Id> snapshots;
    Contents contents;
    std::map<std::string, SourceMetadata> metadata;
  };
  State state() const;
  void restore(const State& state);

 private:
  void end(const Outcome& outcome, const std::string& line);
  bool is_excused_by(const Process& process) const;
  void change_files(const Host& host);
  void write_file(const Host& host, const std::string& name, const std::string& content);
  void note_taken(const Process& process);
  Id some_snapshot();
  ExitCode run_mount(Process& process);
  void look_around(Process& process, Signals& signals);
  void read_mounted(SnapshotFs& fs, const Id& id, const Contents& expected);

  World& world_;
  StoredWorld& stored_;
  const UsersOptions options_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::map<const Host*, Contents> contents_of_host_;
  std::vector<Id> snapshots_;
  CommandCounts counts_;
};

}  // namespace snapfs::sim
