// The storage that the processes of a world share, as the kinds of storage that there are: what is
// written may be seen in pieces, listed later than it is there, or arrive twice; answers get lost,
// take long, or are errors; and at any call the process that makes it may be killed, interrupted,
// or sleep for an hour.
#pragma once

#include <array>
#include <cstdint>
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
#include "tests/sim/world.h"

namespace snapfs::sim {

/// What a kind of storage is like.
struct StorageKind {
  std::string_view name;
  bool is_far = false;    ///< calls are made again, and few are under way
  bool is_atomic = true;  ///< or a save that is cut off leaves a part
  bool repeats = false;   ///< a save may arrive once more, a little later
  bool lists_in_pages = false;
  Nanoseconds listed_late = 0;  ///< at most: what is saved is listed, what is removed is not
  unsigned requests = 2;
  unsigned transfers = 2;
};

/// A directory, a REST server, an object store, a storage that lists late, and a server that stores
/// in pieces.
const std::array<StorageKind, 5>& storage_kinds() noexcept;

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
};
inline constexpr std::size_t kFaultKinds = 12;

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

  /// How the process reaches it.
  std::unique_ptr<Backend> connect(std::shared_ptr<Process> process);
  bool is_far() const noexcept { return kind_.is_far; }
  const StorageKind& kind() const noexcept { return kind_; }

  void trouble(const Troubles& troubles) noexcept { troubles_ = troubles; }
  void plant(PlantedBug bug) noexcept { bug_ = bug; }

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

  bool has(const FileKey& key) const { return files_.contains(key); }
  std::vector<Id> stored(FileKind kind) const;
  std::size_t calls() const noexcept { return calls_; }

 private:
  friend class Connection;
  friend struct StoredState;

  struct File {
    std::shared_ptr<const Bytes> bytes;
    Nanoseconds listed_from = 0;
    bool is_part = false;
  };
  struct Remains {
    std::uint64_t size = 0;
    Nanoseconds until = 0;
  };

  void put(const FileKey& key, std::shared_ptr<const Bytes> bytes);
  bool take_away(const FileKey& key);
  void list(FileKind kind, unsigned first_byte, unsigned end, std::vector<FileInfo>& out) const;

  World& world_;
  const StorageKind& kind_;
  Troubles troubles_;
  PlantedBug bug_ = PlantedBug::kNone;
  const Process* faulty_ = nullptr;
  StorageFault fault_;
  std::size_t faulty_calls_ = 0;
  bool fault_hit_ = false;
  bool fault_hit_lock_ = false;
  std::map<FileKey, File> files_;
  std::map<FileKey, Remains> remains_;  ///< that are listed although they are gone
  std::map<Id, std::shared_ptr<const Contents>> contents_;
  std::set<Id> forgotten_;
  std::size_t calls_ = 0;
  std::optional<std::string> violation_;
};

struct StoredState {
  std::map<FileKey, StoredWorld::File> files;
  std::map<Id, std::shared_ptr<const Contents>> contents;
  std::set<Id> forgotten;
};

}  // namespace snapfs::sim
