#include "archiver/freeze/freezer.h"

#include <fmt/format.h>

#include "archiver/freeze/btrfs_freezer.h"
#include "archiver/freeze/lvm_freezer.h"
#include "archiver/freeze/zfs_freezer.h"
#include "fs/base/error.h"

namespace snapfs {

void leave_as_is(const FreezeWish& wish, const std::string& path, const Error& error,
                 FrozenSystems& systems) {
  if (wish.required || error.ends_the_run() || error.code() == ErrorCode::kInternal) throw error;
  systems.left_as_is.push_back(path);
  systems.failures.push_back(
      fmt::format("{} is read as it is, not from a snapshot: {}", path, error.what()));
}

std::unique_ptr<Freezer> make_freezer(FreezeKind kind, const std::string& lvm_size) {
  switch (kind) {
    case FreezeKind::kBtrfs:
      return std::make_unique<BtrfsFreezer>();
    case FreezeKind::kLvm:
      return std::make_unique<LvmFreezer>(lvm_size);
    case FreezeKind::kZfs:
      return std::make_unique<ZfsFreezer>();
    case FreezeKind::kNone:
      break;
  }
  throw Error(ErrorCode::kInternal, "nothing is to be frozen");
}

}  // namespace snapfs
