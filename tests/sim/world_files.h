// The files of one repository in the world's storage, and how its kind of storage lists them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "fs/backend/backend.h"
#include "tests/sim/storage_kind.h"
#include "tests/sim/world.h"

namespace snapfs::sim {

class WorldFiles {
 public:
  struct File {
    std::shared_ptr<const Bytes> bytes;
    Nanoseconds listed_from = 0;
    bool is_part = false;  ///< of a save that is under way, or was cut off
  };
  /// All of them, apart from the world that they were stored in.
  using State = std::map<FileKey, File>;

  WorldFiles(World& world, const StorageKind& kind) : world_(world), kind_(kind) {}

  void put(const FileKey& key, std::shared_ptr<const Bytes> bytes);

  /// The first half, unless there is such a file.
  void put_part(const FileKey& key, const Bytes& bytes);

  /// False when there is no such file.
  bool take_away(const FileKey& key);

  /// Those whose IDs begin with a byte in that range.
  void list(FileKind kind, unsigned first_byte, unsigned end, std::vector<FileInfo>& out) const;

  const File* find(const FileKey& key) const;
  bool has(const FileKey& key) const { return find(key) != nullptr; }
  std::vector<Id> stored(FileKind kind) const;

  /// Of saves that were cut off: where they are left, somebody has to remove them.
  void drop_parts();

  /// Whether there was a part of a file at that time or later.
  bool had_part_since(Nanoseconds time) const noexcept {
    return parts_ > 0 || (last_part_ && *last_part_ >= time);
  }

  State state() const;
  void restore(const State& state) { files_ = state; }

 private:
  struct Remains {
    std::uint64_t size = 0;
    Nanoseconds until = 0;
  };

  void end_part(File& file) noexcept;
  Nanoseconds draw_lateness();

  World& world_;
  const StorageKind& kind_;
  State files_;
  std::map<FileKey, Remains> remains_;    ///< that are listed although they are gone
  std::size_t parts_ = 0;                 ///< that there are now
  std::optional<Nanoseconds> last_part_;  ///< when the last one ended
};

}  // namespace snapfs::sim
