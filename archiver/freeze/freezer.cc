#include "archiver/freeze/freezer.h"

#include "archiver/freeze/btrfs_freezer.h"
#include "archiver/freeze/lvm_freezer.h"
#include "archiver/freeze/zfs_freezer.h"
#include "fs/base/error.h"

namespace snapfs {

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
