// The files of this machine as they were at one moment. Where a file system, or a subvolume of one,
// was frozen, its snapshot is read; names and device numbers are those of the live one, so that
// whoever reads it need not know. How it was frozen is not known here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "archiver/source/source_fs.h"
#include "fs/base/file.h"
#include "fs/base/mount_table.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// A file system, or a subvolume, as it was. Inode numbers and times are those of the live one.
struct FrozenRoot {
  std::uint64_t device = 0;  ///< st_dev of the live one
  std::string root;          ///< its place in the file system, as of MountEntry: "/", "/@home"
  UniqueFd directory;        ///< the top directory of the snapshot

  /// Btrfs: a subvolume inside is an empty directory in the snapshot, which must not pass for it.
  bool has_subvolumes = false;

  /// Names in the top directory that begin so are other runs' snapshots; empty: there are none.
  std::string hidden_prefix = {};
};

struct FrozenFiles {
  std::vector<FrozenRoot> roots;
  std::vector<MountEntry> mounts;  ///< the process's

  /// Resolved paths in frozen file systems at which something else may begin: whatever is
  /// subvolume or mountpoint there. What the live path leads to counts.
  std::vector<std::string> borders;

  /// Those of them, at most, at which frozen file systems begin. They are looked at when the source
  /// is made: it reads them whatever becomes of the live path.
  std::vector<std::string> frozen_borders = {};
};

/// What lies in no frozen file system is read as it is. Directories above a target may be reached
/// by any symbolic link, mount or bind mount.
class FrozenSource final : public SourceFs {
 public:
  /// `stop` as of LocalSource.
  explicit FrozenSource(FrozenFiles files, StopToken stop = {});
  ~FrozenSource() override;

  std::unique_ptr<SourceDir> enter(const std::string& path) const override;
  SourceMetadata lstat(const std::string& path) const override;
  std::vector<std::string> list(const std::string& path) const override;

  struct Shared;

 private:
  std::shared_ptr<const Shared> shared_;
};

}  // namespace snapfs
