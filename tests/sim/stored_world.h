// The storage that the processes of a world share, as the kinds of storage that there are: what is
// written may be seen in pieces, listed later than it is there, or arrive twice; answers get lost,
// take long, or are errors; and at any call the process that makes it may be killed, interrupted,
// or sleep for an hour.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/error.h"
#include "tests/sim/process.h"
#include "tests/sim/storage_kind.h"
#include "tests/sim/world.h"
#include "tests/sim/world_files.h"

namespace snapfs::sim {

/// Where the processes have their repository, a second one, and room for another.
inline constexpr std::string_view kRepository = "/repository";
inline constexpr std::string_view kSecondRepository = "/second";
inline constexpr std::string_view kNewRepository = "/new";

/// How often what happens, in a thousand calls.
struct Troubles {
  unsigned failures = 0;  ///< the storage says that it cannot, or does not answer
  unsigned stalls = 0;    ///< up to 40 minutes
  unsigned deaths = 0;
  unsigned interrupts = 0;
  unsigned pauses = 0;  ///< of the process, up to two hours
};

/// A bug that a program might have, told by what it asks of the storage.
enum class PlantedBug {
  kNone,
  kNoSecondLook,        ///< once it has written its lock it sees no other
  kIndexAfterSnapshot,  ///< index files are written when the command ends
  kNeverRefreshes,      ///< a lock is written once
  kLeavesLock,          ///< a lock is not removed
  kWrongByte,           ///< after trouble, of what is put out
  kWrongStatus,         ///< after trouble, the one of a wrong password for any other
};

/// What happens to a call.
enum class FaultKind {
  kIo,            ///< an error instead
  kIoAfterwards,  ///< it takes effect, and an error says that it does not
  kNoSpace,       ///< of those that write
  kPermission,
  kUnavailable,  ///< no answer
  kLostAnswer,   ///< it takes effect, and there is no answer
  kWrongCredentials,
  kOutOfResources,
  kGone,        ///< as if there were no such file
  kFlippedBit,  ///< of what is read
  kShort,       ///< what is read ends early
  kStall,       ///< 40 minutes
  kUnlisted,    ///< a list of packs lacks one
};
inline constexpr std::size_t kFaultKinds = 13;

/// One fault of one process.
struct StorageFault {
  FaultKind kind = FaultKind::kIo;
  std::size_t call = 0;   ///< of the process, from 1
  bool persists = false;  ///< all that follow, too
};

/// What is stored, apart from the world it was stored in.
struct StoredState;

class StoredWorld {
 public:
  StoredWorld(World& world, const StorageKind& kind);
  ~StoredWorld();
  StoredWorld(const StoredWorld&) = delete;
  StoredWorld& operator=(const StoredWorld&) = delete;

  static StoredWorld& current() noexcept;

  /// How the process reaches a repository in it.
  std::unique_ptr<Backend> connect(std::shared_ptr<Process> process,
                                   std::string_view repository = kRepository);

  /// What is stored of a repository.
  WorldFiles& files(std::string_view repository = kRepository);
  bool is_far() const noexcept { return kind_.is_far; }
  const StorageKind& kind() const noexcept { return kind_; }

  void trouble(const Troubles& troubles) noexcept { troubles_ = troubles; }

  /// From now on nothing is carried out once more: a lock that is stored again later would be in
  /// the way of whoever comes next, as it has to be.
  void stop_repeating() noexcept { repeats_ = false; }
  void plant(PlantedBug bug) noexcept { bug_ = bug; }
  PlantedBug bug() const noexcept { return bug_; }

  /// From now on it happens to that process.
  void plant(const Process& process, const StorageFault& fault) noexcept {
    faulty_ = &process;
    fault_ = fault;
    faulty_calls_ = 0;
    fault_hit_ = false;
  }
  void end_fault() noexcept { faulty_ = nullptr; }

  /// How many calls that process made, and whether the fault was for one of them, but for those
  /// to lock files: then whatever was done before is undone in order.
  std::size_t faulty_calls() const noexcept { return faulty_calls_; }
  bool fault_hit() const noexcept { return fault_hit_; }
  bool fault_hit_lock() const noexcept { return fault_hit_lock_; }

  std::shared_ptr<const StoredState> state() const;
  void restore(const StoredState& state);

  /// What must not have happened, in words; the first of it.
  const std::optional<std::string>& violation() const noexcept { return violation_; }
  void violate(std::string what) {
    if (!violation_) violation_ = std::move(what);
  }

  /// What a snapshot is of; null for one that is unknown.
  const Contents* contents_of(const Id& snapshot) const;

  /// Whether somebody who may do so has at least tried to remove it.
  bool was_forgotten(const Id& snapshot) const { return forgotten_.contains(snapshot); }

  /// Of saves that were cut off: where they are left, somebody has to remove them.
  void drop_parts();

  /// Whether there was a part of a file at that time or later.
  bool had_part_since(Nanoseconds time) const noexcept;

  bool has_locks() const;
  std::size_t calls() const noexcept { return calls_; }

 private:
  friend class Connection;

  World& world_;
  const StorageKind& kind_;
  Troubles troubles_;
  bool repeats_ = true;
  PlantedBug bug_ = PlantedBug::kNone;
  const Process* faulty_ = nullptr;
  StorageFault fault_;
  std::size_t faulty_calls_ = 0;
  bool fault_hit_ = false;
  bool fault_hit_lock_ = false;
  std::map<std::string, WorldFiles, std::less<>> repositories_;
  std::map<Id, std::shared_ptr<const Contents>> contents_;
  std::set<Id> forgotten_;
  std::size_t calls_ = 0;
  std::optional<std::string> violation_;
};

struct StoredState {
  std::map<std::string, WorldFiles::State> repositories;
  std::map<Id, std::shared_ptr<const Contents>> contents;
  std::set<Id> forgotten;
};

}  // namespace snapfs::sim
