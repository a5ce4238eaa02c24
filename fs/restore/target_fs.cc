// System calls with their errors. O_NOFOLLOW and single components keep all of them below the
// target, whatever symbolic links lie in it.
#include "fs/restore/target_fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {

namespace {

constexpr int kOpenFlags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

/// Repeats a call that a signal interrupted; throws when it fails otherwise.
template <class Call>
auto checked(const char* action, const Call& call) {
  for (;;) {
    const auto result = call();
    if (result >= 0) return result;
    if (errno != EINTR) fail_with_errno(errno, action);
  }
}

constexpr unsigned kLookMask = STATX_TYPE | STATX_MODE | STATX_UID | STATX_INO;

TargetEntry entry_of(const struct statx& status) noexcept {
  return {{makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino},
          status.stx_mode,
          status.stx_uid,
          (status.stx_attributes & status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0};
}

constexpr std::array<const char*, 2> kAccessLists = {"system.posix_acl_access",
                                                     "system.posix_acl_default"};

bool is_full(int error) noexcept { return error == ENOSPC || error == EDQUOT; }

[[noreturn]] void fail_to_remove(int error, const char* action) {
  if (error != EPERM) fail_with_errno(error, action);
  throw Error(ErrorCode::kPermission,
              fmt::format("cannot {}: {}: it may be immutable or append-only, or the directory "
                          "that it is in (\"lsattr -d\" tells), or belong to somebody else",
                          action, std::generic_category().message(error)));
}

struct DirCloser {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

UniqueFd require_regular(UniqueFd fd) {
  struct stat status {};
  checked("examine the file", [&] { return ::fstat(fd.get(), &status); });
  if (S_ISREG(status.st_mode)) return fd;
  throw Error(ErrorCode::kIo, "there is something else than a regular file in its place");
}

}  // namespace

void fail_with_errno(int error, const char* action) {
  const std::string reason = std::generic_category().message(error);
  const char* const hint =
      is_full(error) ? ": make room and restore again, what is done is kept" : "";
  throw Error(code_from_errno(error), fmt::format("cannot {}: {}{}", action, reason, hint));
}

std::optional<struct stat> TargetFs::stat(int directory, const std::string& name) const {
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  fail_with_errno(errno, "examine what is there");
}

std::optional<TargetEntry> TargetFs::look(int directory, const std::string& name) const {
  struct statx status {};
  if (::statx(directory, name.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, kLookMask, &status) ==
      0) {
    return entry_of(status);
  }
  if (errno == ENOENT) return std::nullopt;
  fail_with_errno(errno, "examine what is there");
}

TargetEntry TargetFs::look(int fd) const {
  struct statx status {};
  checked("examine the file", [&] { return ::statx(fd, "", AT_EMPTY_PATH, kLookMask, &status); });
  return entry_of(status);
}

FreeSpace TargetFs::free_space(int fd) const {
  struct statfs status {};
  if (::fstatfs(fd, &status) != 0 || status.f_blocks == 0) return {};
  // Those of ext, XFS, tmpfs, JFS, FAT, exFAT, overlays.
  static constexpr std::array<std::uint32_t, 7> kPlain = {
      0xef53, 0x58465342, 0x01021994, 0x3153464a, 0x4d44, 0x2011bab0, 0x794c7630};
  const auto blocks = ::geteuid() == 0 ? status.f_bfree : status.f_bavail;
  const auto unit = status.f_frsize != 0 ? status.f_frsize : status.f_bsize;
  return {static_cast<std::uint64_t>(blocks) * static_cast<std::uint64_t>(unit),
          std::ranges::find(kPlain, static_cast<std::uint32_t>(status.f_type)) != kPlain.end()};
}

struct stat TargetFs::stat(int fd) const {
  struct stat status {};
  checked("examine the file", [&] { return ::fstat(fd, &status); });
  return status;
}

UniqueFd TargetFs::open_directory(int directory, const std::string& name) const {
  for (;;) {
    UniqueFd fd(::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (fd || errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return fd;
    if (errno != EINTR) fail_with_errno(errno, "open the directory");
  }
}

std::vector<std::string> TargetFs::list(int directory) const {
  // A descriptor of its own: its position is not shared.
  UniqueFd fd(checked("open the directory", [&] {
    return ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }));
  const std::unique_ptr<DIR, DirCloser> stream(::fdopendir(fd.get()));
  if (!stream) fail_with_errno(errno, "list the directory");
  fd.release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) fail_with_errno(errno, "list the directory");
  return names;
}

UniqueFd TargetFs::open_to_read(int directory, const std::string& name) const {
  return require_regular(UniqueFd(checked("open the file", [&] {
    // Reading is no use that anybody wants to know of; only the owner may hide it.
    const int fd = ::openat(directory, name.c_str(), O_RDONLY | O_NOATIME | kOpenFlags);
    if (fd >= 0 || errno != EPERM) return fd;
    return ::openat(directory, name.c_str(), O_RDONLY | kOpenFlags);
  })));
}

UniqueFd TargetFs::open_to_write(int directory, const std::string& name) {
  before_change();
  return require_regular(UniqueFd(checked("open the file for writing", [&] {
    return ::openat(directory, name.c_str(), O_WRONLY | kOpenFlags);
  })));
}

UniqueFd TargetFs::create_file(int directory, const std::string& name) {
  before_change();
  return UniqueFd(checked("create the file", [&] {
    return ::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | kOpenFlags, kIncomplete);
  }));
}

void TargetFs::make_directory(int directory, const std::string& name) {
  before_change();
  checked("make the directory", [&] { return ::mkdirat(directory, name.c_str(), 0700); });
}

void TargetFs::make_symlink(int directory, const std::string& name, const std::string& target) {
  before_change();
  checked("make the symbolic link",
          [&] { return ::symlinkat(target.c_str(), directory, name.c_str()); });
}

void TargetFs::make_node(int directory, const std::string& name, unsigned type_bits,
                         std::uint64_t device) {
  before_change();
  checked("make the special file", [&] {
    return ::mknodat(directory, name.c_str(), type_bits | kIncomplete, static_cast<dev_t>(device));
  });
}

bool TargetFs::make_link(int from_directory, const std::string& from, int directory,
                         const std::string& name) {
  static constexpr std::array<int, 5> kNoLinks = {EPERM, EMLINK, EXDEV, EOPNOTSUPP, ENOSYS};
  before_change();
  if (::linkat(from_directory, from.c_str(), directory, name.c_str(), 0) == 0) return true;
  if (std::ranges::find(kNoLinks, errno) != kNoLinks.end()) return false;
  fail_with_errno(errno, "make the hard link");
}

void TargetFs::rename(int directory, const std::string& from, const std::string& to) {
  before_change();
  checked("put the new file in its place",
          [&] { return ::renameat(directory, from.c_str(), directory, to.c_str()); });
}

void TargetFs::remove_file(int directory, const std::string& name) {
  before_change();
  if (::unlinkat(directory, name.c_str(), 0) != 0 && errno != ENOENT) {
    fail_to_remove(errno, "remove the file");
  }
}

void TargetFs::remove_directory(int directory, const std::string& name) {
  before_change();
  if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return;
  if (errno == ENOTEMPTY || errno == EEXIST) {
    throw Error(ErrorCode::kExists, "the directory is not empty");
  }
  fail_to_remove(errno, "remove the directory");
}

void TargetFs::remove(int directory, const std::string& name) {
  const std::optional<struct stat> status = stat(directory, name);
  if (!status) return;
  if (S_ISDIR(status->st_mode)) {
    remove_directory(directory, name);
  } else {
    remove_file(directory, name);
  }
}

void TargetFs::remove_inherited_lists(int fd) {
  before_change();
  for (const char* const list : kAccessLists) {
    if (::fremovexattr(fd, list) == 0 || errno == ENODATA || errno == EOPNOTSUPP) continue;
    fail_with_errno(errno, "remove the inherited access control list");
  }
}

void TargetFs::remove_inherited_lists(int directory, const std::string& name) {
  before_change();
  const std::string path = fmt::format("/proc/self/fd/{}/{}", directory, name);
  for (const char* const list : kAccessLists) {
    if (::lremovexattr(path.c_str(), list) == 0) continue;
    if (errno == ENODATA || errno == EOPNOTSUPP) continue;
    fail_with_errno(errno, "remove the inherited access control list");
  }
}

void TargetFs::write_at(int fd, std::uint64_t offset, ByteView bytes) {
  before_change();
  while (!bytes.empty()) {
    const ssize_t count = checked("write the file", [&] {
      return ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void TargetFs::set_size(int fd, std::uint64_t size) {
  before_change();
  checked("set the file's size", [&] { return ::ftruncate(fd, static_cast<off_t>(size)); });
}

bool TargetFs::reserve(int fd, std::uint64_t size) {
  const FreeSpace free = free_space(fd);
  if (size > free.bytes) return !free.is_certain;
  before_change();
  for (;;) {
    if (::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) == 0) return true;
    if (errno == EINTR) continue;
    if (!is_full(errno)) return true;  // not every file system can
    // What it did before it came to the end, it keeps.
    checked("give back what was reserved", [&] { return ::ftruncate(fd, 0); });
    return !free.is_certain;
  }
}

void TargetFs::give_back(int fd) {
  before_change();
  const off_t size = stat(fd).st_size;
  checked("give back what was reserved", [&] { return ::ftruncate(fd, size); });
  // What is reserved before the end shows as a hole until it is written.
  for (off_t begin = 0; begin < size;) {
    begin = ::lseek(fd, begin, SEEK_HOLE);
    if (begin < 0 || begin >= size) return;
    off_t end = ::lseek(fd, begin, SEEK_DATA);
    if (end < 0) end = size;
    if (end <= begin ||
        ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin, end - begin) != 0) {
      return;
    }
    begin = end;
  }
}

void TargetFs::punch_hole(int fd, std::uint64_t offset, std::uint64_t length) {
  before_change();
  if (::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                  static_cast<off_t>(length)) == 0) {
    return;
  }
  static constexpr std::array<std::uint8_t, 64 << 10> kZeros{};
  while (length > 0) {
    const std::uint64_t count = std::min<std::uint64_t>(length, kZeros.size());
    write_at(fd, offset, ByteView(kZeros).first(count));
    offset += count;
    length -= count;
  }
}

void TargetFs::set_permissions(int fd, unsigned permissions) {
  before_change();
  checked("set the permissions", [&] { return ::fchmod(fd, permissions); });
}

void TargetFs::set_permissions(int directory, const std::string& name, unsigned permissions) {
  before_change();
  checked("set the permissions",
          [&] { return ::fchmodat(directory, name.c_str(), permissions, AT_SYMLINK_NOFOLLOW); });
}

}  // namespace snapfs
