// A Btrfs file system as a whole, with all its subvolumes, mounted where nobody sees it. By the
// kernel's documented calls (linux/btrfs.h): they are five, and need no package to be installed.
#pragma once

#include <string>
#include <vector>

#include "fs/base/file.h"

namespace snapfs {

/// Paths are from the top of the file system, as of MountEntry::root. Every member throws Error.
class BtrfsVolume {
 public:
  /// `device` is what was mounted.
  explicit BtrfsVolume(const std::string& device);

  /// Of the subvolume in which that directory lies; nothing may be a symbolic link there.
  std::string subvolume_of(std::string path) const;

  /// The top directory of a subvolume, open for reading.
  UniqueFd open_subvolume(const std::string& path) const;

  static bool is_read_only(int subvolume);

  /// Those right inside the subvolume at `path`, open as `subvolume`.
  static std::vector<std::string> subvolumes_in(int subvolume, const std::string& path);

  /// Makes a read-only snapshot of the open subvolume in the top directory. What was written
  /// before is in it.
  void snapshot(int subvolume, const std::string& name) const;

  /// Removes the subvolume called so from the top directory.
  void remove(const std::string& name) const;

  /// The names in the top directory that begin so.
  std::vector<std::string> names_with(std::string_view prefix) const;

 private:
  std::string device_;
  UniqueFd top_;
};

}  // namespace snapfs
