#include "archiver/freeze/btrfs_volume.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "archiver/freeze/detached_mount.h"
#include "fs/base/error.h"
#include "fs/base/mount_table.h"
#include "fs/base/path.h"

namespace snapfs {
namespace {

/// The top directory of every subvolume has it, and nothing else: BTRFS_FIRST_FREE_OBJECTID.
constexpr std::uint64_t kTopInode = 256;

/// `path` is from the descriptor's directory, wherever it begins.
UniqueFd open_below(int directory, std::string_view path) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const std::string below(path_below(path, "/"));
  UniqueFd fd(static_cast<int>(
      ::syscall(SYS_openat2, directory, below.empty() ? "." : below.c_str(), &how, sizeof how)));
  if (!fd) throw_errno(errno, "open", path);
  return fd;
}

std::string parent_of(const std::string& path) { return clean_path(path + "/.."); }

/// In the arguments of either form.
template <class Arguments>
void set_name(Arguments& arguments, const std::string& name) {
  std::memcpy(arguments.name, name.c_str(), std::min(name.size(), sizeof arguments.name - 1));
}

}  // namespace

BtrfsVolume::BtrfsVolume(const std::string& device) : device_(device) {
  const UniqueFd mount = mount_detached("btrfs", device, {{"subvolid", "5"}});
  top_ = open_below(mount.get(), "/");
}

std::string BtrfsVolume::subvolume_of(std::string path) const {
  for (;; path = parent_of(path)) {
    struct stat status {};
    if (::fstat(open_below(top_.get(), path).get(), &status) != 0) throw_errno(errno, "stat", path);
    if (status.st_ino == kTopInode || path == "/") return path;
  }
}

UniqueFd BtrfsVolume::open_subvolume(const std::string& path) const {
  return open_below(top_.get(), path);
}

bool BtrfsVolume::is_read_only(int subvolume) {
  __u64 flags = 0;
  return ::ioctl(subvolume, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) == 0 &&
         (flags & BTRFS_SUBVOL_RDONLY) != 0;
}

std::vector<std::string> BtrfsVolume::subvolumes_in(int subvolume, const std::string& path) {
  std::vector<std::string> paths;
  btrfs_ioctl_get_subvol_rootref_args some{};
  for (bool more = true; more;) {
    // As many as there is room for; the kernel then says where to go on.
    more = false;
    if (::ioctl(subvolume, BTRFS_IOC_GET_SUBVOL_ROOTREF, &some) != 0) {
      if (errno != EOVERFLOW) throw_errno(errno, "list the subvolumes in", path);
      more = true;
    }
    for (int i = 0; i < some.num_items; ++i) {
      const auto& reference = some.rootref[i];  // NOLINT: the kernel's structure
      auto place = std::make_unique<btrfs_ioctl_ino_lookup_user_args>();
      place->dirid = reference.dirid;
      place->treeid = reference.treeid;
      if (::ioctl(subvolume, BTRFS_IOC_INO_LOOKUP_USER, place.get()) != 0) {
        if (errno == ENOENT) continue;  // removed since
        throw_errno(errno, "look for a subvolume in", path);
      }
      // The directory's path ends with a slash, unless it is empty.
      paths.push_back(join_path(path, std::string(place->path) + place->name));
    }
  }
  return paths;
}

void BtrfsVolume::snapshot(int subvolume, const std::string& name) const {
  btrfs_ioctl_vol_args_v2 arguments{};
  arguments.fd = subvolume;
  arguments.flags = BTRFS_SUBVOL_RDONLY;
  set_name(arguments, name);
  if (::ioctl(top_.get(), BTRFS_IOC_SNAP_CREATE_V2, &arguments) != 0) {
    throw_errno(errno, "take a Btrfs snapshot on", device_);
  }
}

void BtrfsVolume::remove(const std::string& name) const {
  btrfs_ioctl_vol_args arguments{};
  set_name(arguments, name);
  if (::ioctl(top_.get(), BTRFS_IOC_SNAP_DESTROY, &arguments) != 0) {
    throw_errno(errno, "remove", fmt::format("the Btrfs snapshot {} of {}", name, device_));
  }
}

std::vector<std::string> BtrfsVolume::names_with(std::string_view prefix) const {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(
      ::fdopendir(open_below(top_.get(), "/").release()), &::closedir);
  if (!directory) throw_errno(errno, "list", device_);
  while (const dirent* entry = ::readdir(directory.get())) {
    if (std::string_view(entry->d_name).starts_with(prefix)) names.emplace_back(entry->d_name);
  }
  return names;
}

}  // namespace snapfs
