// Snapshots of file systems, for as long as a source is read from them: Btrfs subvolumes, logical
// volumes, ZFS datasets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "archiver/source/frozen.h"
#include "fs/base/error.h"
#include "fs/base/mount_table.h"
#include "fs/base/stop_token.h"

namespace snapfs {

enum class FreezeKind { kNone, kBtrfs, kLvm, kZfs };

/// A directory of which the file system is to be frozen.
struct FreezeWish {
  MountEntry mount;
  std::string path;      ///< resolved, in the mount
  bool required = true;  ///< false: it is no target, but lies below one
};

/// Whether what is at a resolved path below a target will be read.
using IsEntered = std::function<bool(const std::string& path)>;

struct FrozenSystems {
  std::vector<FrozenRoot> roots;
  std::vector<std::string> borders;     ///< as of FrozenFiles: the subvolumes
  std::vector<std::string> taken;       ///< resolved paths of which the state was kept
  std::vector<std::string> left_as_is;  ///< paths that were not required and cannot be frozen
  std::vector<std::string> failures;    ///< lines about those of them where that should be possible
  std::vector<std::string> leftovers;   ///< names of snapshots of killed runs, which are removed
  std::vector<std::string> stuck;       ///< lines about those that could not be
};

/// To be called where freezing what is at `path` has failed: it is left as it is, unless the wish
/// is required, or the error is none of that place.
void leave_as_is(const FreezeWish& wish, const std::string& path, const Error& error,
                 FrozenSystems& systems);

/// Calls `meet`, which meets the wish or throws an Error. Returns whether the wish is met.
template <class Meet>
bool try_to_meet(const FreezeWish& wish, FrozenSystems& systems, const Meet& meet) {
  try {
    meet();
    return true;
  } catch (const Error& error) {
    leave_as_is(wish, wish.mount.path, error, systems);
    return false;
  }
}

/// Removes its snapshots at the latest when it ends. Not thread-safe. Once it has begun, a program
/// of the volume manager's is waited for, whatever is stopped: it is quick, and half of it would be
/// in the way.
class Freezer {
 public:
  virtual ~Freezer() = default;

  /// To be called once; of the wishes, those that are required come first. Throws Error when one of
  /// these cannot be met.
  virtual FrozenSystems freeze(const std::vector<FreezeWish>& wishes, const IsEntered& is_entered,
                               const StopToken& stop) = 0;

  /// The frozen roots must be closed by now. Returns a line for each snapshot that is left, of
  /// which there should be none: the next run removes it.
  virtual std::vector<std::string> remove() noexcept = 0;
};

/// `lvm_size` is how much may change on the live volume meanwhile, as lvcreate(8) takes it with
/// --size or, if there is a per cent sign in it, --extents. Not for kNone.
std::unique_ptr<Freezer> make_freezer(FreezeKind kind, const std::string& lvm_size);

}  // namespace snapfs
