// The calls that change or look at the target, each relative to an open directory and none through
// a symbolic link. It knows nothing of snapshots.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/file.h"
#include "fs/restore/file_identity.h"

namespace snapfs {

/// What is under a name.
struct TargetEntry {
  FileIdentity identity;
  mode_t mode = 0;
  uid_t owner = 0;
  bool is_mount = false;  ///< something is mounted there, as far as the kernel tells
};

/// What a file system has left for this user.
struct FreeSpace {
  std::uint64_t bytes = 0;
  /// A file takes about its size there. Others compress, or do not say what they do.
  bool is_certain = false;
};

/// Thread-safe. Names are single components of a path. Every failure throws Error, whose message
/// does not name the item: the caller knows its path.
class TargetFs {
 public:
  TargetFs() = default;
  virtual ~TargetFs() = default;
  TargetFs(const TargetFs&) = delete;
  TargetFs& operator=(const TargetFs&) = delete;

  /// A file that is not complete yet has these permissions, so that a later run knows it by them.
  /// Nobody but its owner can read it, and the sticky bit means nothing but on directories.
  static constexpr unsigned kIncomplete = 01600;

  /// Whether the item, which is no symbolic link, was being restored when a run ended.
  static bool is_incomplete(const struct stat& status) noexcept {
    return !S_ISDIR(status.st_mode) && (status.st_mode & 07777) == kIncomplete;
  }

  /// Nothing when there is no such entry. Links are not followed.
  std::optional<struct stat> stat(int directory, const std::string& name) const;
  struct stat stat(int fd) const;

  /// The same, and whether it is a mountpoint.
  std::optional<TargetEntry> look(int directory, const std::string& name) const;

  /// The directory or file that is open.
  TargetEntry look(int fd) const;

  /// Of the file system that the file is in.
  virtual FreeSpace free_space(int fd) const;

  /// Nothing when it does not exist or is no directory.
  UniqueFd open_directory(int directory, const std::string& name) const;

  /// What is in the directory, in no particular order.
  std::vector<std::string> list(int directory) const;

  /// Fails when there is something else than a regular file.
  UniqueFd open_to_read(int directory, const std::string& name) const;

  // The rest changes something.
  UniqueFd open_to_write(int directory, const std::string& name);
  UniqueFd create_file(int directory, const std::string& name);  ///< kExists: there is something
  void make_directory(int directory, const std::string& name);
  void make_symlink(int directory, const std::string& name, const std::string& target);
  void make_node(int directory, const std::string& name, unsigned type_bits, std::uint64_t device);

  /// False when the file cannot have this further name: the file system knows no hard links, is
  /// another one, allows no more of them, or the system forbids it.
  virtual bool make_link(int from_directory, const std::string& from, int directory,
                         const std::string& name);

  /// Replaces what is at `to`, unless that is a directory.
  void rename(int directory, const std::string& from, const std::string& to);

  /// Anything but a directory; an empty directory. Content when nothing is there.
  void remove_file(int directory, const std::string& name);
  void remove_directory(int directory, const std::string& name);

  /// One of them, whatever is there. kExists: a directory with something in it.
  void remove(int directory, const std::string& name);

  /// Access control lists that the new item got from the directory that it was made in.
  void remove_inherited_lists(int fd);
  void remove_inherited_lists(int directory, const std::string& name);

  void write_at(int fd, std::uint64_t offset, ByteView bytes);
  void set_size(int fd, std::uint64_t size);
  void punch_hole(int fd, std::uint64_t offset, std::uint64_t length);  ///< or writes zeros

  /// Has the file system set aside what a file of this size, of which nothing is written, will
  /// take, where it can. False, with nothing set aside, when it has not that much.
  bool reserve(int fd, std::uint64_t size);

  /// Gives back what is set aside and not written.
  void give_back(int fd);

  void set_permissions(int fd, unsigned permissions);
  void set_permissions(int directory, const std::string& name, unsigned permissions);

  /// Called before each change; tests have it fail.
  virtual void before_change() {}
};

/// Throws the Error of a failed call: "cannot <action>: <the system's words>".
[[noreturn]] void fail_with_errno(int error, const char* action);

}  // namespace snapfs
