// Parsing of proc(5)'s mountinfo.
#include "fs/base/mount_table.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <memory>

#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/path.h"

namespace snapfs {

namespace {

constexpr std::uint64_t kMaxTableBytes = 64 << 20;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// White space and backslashes are written as \ and three octal digits.
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '\\' ? parse_number<unsigned>(text.substr(i + 1, 3), 8)
                                      : std::optional<unsigned>();
    if (byte && i + 3 < text.size()) {
      result += static_cast<char>(*byte);
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::optional<uid_t> user_in(std::string_view options) {
  constexpr std::string_view kUser = "user_id=";
  for (const std::string_view option : split(options, ',')) {
    if (option.starts_with(kUser)) return parse_number<uid_t>(option.substr(kUser.size()));
  }
  return std::nullopt;
}

/// ID, parent, major:minor, root, mountpoint, options, any number of tags, "-", type, source,
/// options of the file system.
std::optional<MountEntry> parse_line(std::string_view line) {
  const std::vector<std::string_view> fields = split(line, ' ');
  std::size_t dash = 6;
  while (dash < fields.size() && fields[dash] != "-") ++dash;
  if (dash + 2 >= fields.size()) return std::nullopt;
  const std::vector<std::string_view> device = split(fields[2], ':');
  if (device.size() != 2) return std::nullopt;
  MountEntry entry;
  entry.id = parse_number<std::uint64_t>(fields[0]).value_or(0);
  entry.root = unescaped(fields[3]);
  entry.path = unescaped(fields[4]);
  entry.type = unescaped(fields[dash + 1]);
  entry.source = unescaped(fields[dash + 2]);
  entry.device_major = parse_number<unsigned>(device[0]).value_or(0);
  entry.device_minor = parse_number<unsigned>(device[1]).value_or(0);
  if (dash + 3 < fields.size()) entry.user = user_in(fields[dash + 3]);
  return entry;
}

std::optional<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  if (!real) return std::nullopt;
  return real.get();
}

/// Where a symbolic link leads, seen from the directory it is in.
std::optional<std::string> link_target(const std::string& path, const std::string& directory) {
  char target[PATH_MAX];
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  if (size <= 0) return std::nullopt;
  const std::string text(target, static_cast<std::size_t>(size));
  return text.front() == '/' ? text : directory + "/" + text;
}

}  // namespace

std::vector<MountEntry> parse_mount_table(std::string_view text) {
  std::vector<MountEntry> table;
  for (const std::string_view line : split(text, '\n')) {
    if (auto entry = parse_line(line)) table.push_back(*std::move(entry));
  }
  return table;
}

std::vector<MountEntry> read_mount_table() {
  return parse_mount_table(as_text(read_file("/proc/self/mountinfo", kMaxTableBytes)));
}

std::optional<MountEntry> find_mount(const std::vector<MountEntry>& table, std::string_view path) {
  for (auto entry = table.rbegin(); entry != table.rend(); ++entry) {
    if (entry->path == path) return *entry;
  }
  return std::nullopt;
}

std::optional<MountEntry> mount_of_descriptor(const std::vector<MountEntry>& table, int fd) {
  struct statx status {};
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &status) != 0) {
    throw_errno(errno, "ask for the mount of", path_of_descriptor(fd));
  }
  if ((status.stx_mask & STATX_MNT_ID) == 0) {
    throw Error(ErrorCode::kUnsupported, "the kernel does not tell mounts apart: Linux 5.8 does");
  }
  const auto found = std::ranges::find(table, status.stx_mnt_id, &MountEntry::id);
  return found == table.end() ? std::nullopt : std::optional(*found);
}

std::string path_of_descriptor(int fd) {
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  std::string path(PATH_MAX, '\0');
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  if (size <= 0) throw_errno(errno, "read", link);
  path.resize(static_cast<std::size_t>(size));
  return path;
}

std::optional<std::string> path_in_file_system(const MountEntry& mount, std::string_view path) {
  if (!is_at_or_below(path, mount.path)) return std::nullopt;
  const std::string_view below = path_below(path, mount.path);
  return below.empty() ? mount.root : join_path(mount.root, below);
}

std::optional<std::string> path_in_mount(const MountEntry& mount, std::string_view inside) {
  if (!is_at_or_below(inside, mount.root)) return std::nullopt;
  const std::string_view below = path_below(inside, mount.root);
  return below.empty() ? mount.path : join_path(mount.path, below);
}

std::string_view path_below(std::string_view path, std::string_view directory) noexcept {
  path.remove_prefix(directory.size());
  if (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

bool is_at_or_below(std::string_view path, std::string_view directory) noexcept {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string resolve_mountpoint(const std::string& path) {
  if (auto real = real_path(path)) return *std::move(real);
  const int error = errno;
  if (error != ENOTCONN && error != EIO && error != EACCES) throw_errno(error, "resolve", path);
  // Something dead, or somebody else's, is mounted there: only the directory above answers.
  std::string name = path;
  while (name.size() > 1 && name.ends_with('/')) name.pop_back();
  const std::size_t slash = name.rfind('/');
  const std::string above = slash == std::string::npos ? "." : name.substr(0, slash + 1);
  if (const auto target = link_target(name, above)) return resolve_mountpoint(*target);
  const auto directory = real_path(above);
  if (!directory) throw_errno(error, "resolve", path);
  const std::string last = slash == std::string::npos ? name : name.substr(slash + 1);
  return (*directory == "/" ? "" : *directory) + "/" + last;
}

}  // namespace snapfs
