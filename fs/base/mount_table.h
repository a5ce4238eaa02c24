// What is mounted where, as the kernel's table has it. Never asks a mounted file system itself, so
// that a dead one neither fails nor hangs the question.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snapfs {

/// A line of /proc/self/mountinfo, as far as it matters here.
struct MountEntry {
  std::uint64_t id = 0;  ///< as statx(2) tells it of what lies in the mount
  std::string root;      ///< which directory of the file system is seen there; "/" is all of it
  std::string path;      ///< resolved and absolute
  std::string type;      ///< such as "fuse.snapfs"
  std::string source;    ///< what was mounted; FUSE servers choose it
  unsigned device_major = 0;
  unsigned device_minor = 0;  ///< with FUSE: the connection's number
  std::optional<uid_t> user;  ///< with FUSE: who mounted it

  bool is_snapfs() const noexcept { return type == "fuse.snapfs"; }
};

/// The table's text into entries; lines that are not understood are left out.
std::vector<MountEntry> parse_mount_table(std::string_view text);

/// In the order of mounting, as the kernel lists it. Throws Error when /proc cannot be read.
std::vector<MountEntry> read_mount_table();

/// What is seen at `path`, which is resolved: of several mounts on one another, the topmost.
/// Nothing when `path` is no mountpoint.
std::optional<MountEntry> find_mount(const std::vector<MountEntry>& table, std::string_view path);

/// The mount that what the descriptor stands for lies in; nothing when it is not in the table.
/// Throws Error.
std::optional<MountEntry> mount_of_descriptor(const std::vector<MountEntry>& table, int fd);

/// The path that the kernel has for a descriptor: resolved and absolute. Throws Error.
std::string path_of_descriptor(int fd);

/// What a resolved path in a mount is called in the file system itself; nothing when it is not in
/// the mount.
std::optional<std::string> path_in_file_system(const MountEntry& mount, std::string_view path);

/// The other way round: where the mount shows it.
std::optional<std::string> path_in_mount(const MountEntry& mount, std::string_view inside);

/// What of `path`, which is `directory` or lies below it, comes after that; without a slash in
/// front, and empty when they are the same.
std::string_view path_below(std::string_view path, std::string_view directory) noexcept;

/// Whether `path` is `directory` or lies below it; both are resolved.
bool is_at_or_below(std::string_view path, std::string_view directory) noexcept;

/// `path` resolved and absolute, also when the mount on it is dead. Throws Error when there is no
/// such file.
std::string resolve_mountpoint(const std::string& path);

}  // namespace snapfs
