#include "cli/process/mount_users.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/mount_table.h"

namespace snapfs {
namespace {

namespace stdfs = std::filesystem;

constexpr std::uint64_t kMaxProcFileBytes = 1 << 20;

std::string link_of(const stdfs::path& path) {
  char target[PATH_MAX];
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  return size <= 0 ? std::string() : std::string(target, static_cast<std::size_t>(size));
}

/// Empty when it cannot be read: the process may have ended.
std::string text_of(const stdfs::path& path) {
  try {
    const Bytes bytes = read_file(path.string(), kMaxProcFileBytes);
    return std::string(as_text(bytes));
  } catch (const Error&) {
    return {};
  }
}

/// `visit` gets the paths of what is in the directory, as far as it can be listed.
template <class Visit>
void for_each_entry(const stdfs::path& directory, const Visit& visit) {
  std::error_code error;
  for (stdfs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    visit(entry->path());
  }
}

/// `visit` gets each process's number and its directory.
template <class Visit>
void for_each_process(const Visit& visit) {
  for_each_entry("/proc", [&](const stdfs::path& path) {
    const std::string name = path.filename().string();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc{} && end == name.data() + name.size()) visit(pid, path);
  });
}

bool uses(const stdfs::path& process, std::string_view mountpoint) {
  for (const char* const link : {"cwd", "root", "exe"}) {
    const std::string target = link_of(process / link);
    if (!target.empty() && is_at_or_below(target, mountpoint)) return true;
  }
  bool found = false;
  for_each_entry(process / "fd", [&](const stdfs::path& fd) {
    found = found || is_at_or_below(link_of(fd), mountpoint);
  });
  if (found) return true;
  // Mapped files need no descriptor.
  return text_of(process / "maps").find(" " + std::string(mountpoint) + "/") != std::string::npos;
}

std::string name_of(const stdfs::path& process) {
  std::string name = text_of(process / "comm");
  while (name.ends_with('\n')) name.pop_back();
  return name;
}

}  // namespace

std::vector<MountUser> users_of_mount(std::string_view mountpoint) {
  std::vector<MountUser> users;
  for_each_process([&](pid_t pid, const stdfs::path& process) {
    if (uses(process, mountpoint)) users.push_back({pid, name_of(process)});
  });
  return users;
}

std::vector<MountUser> users_elsewhere(unsigned device_major, unsigned device_minor) {
  std::vector<MountUser> users;
  std::set<std::string> seen{link_of("/proc/self/ns/mnt")};
  for_each_process([&](pid_t pid, const stdfs::path& process) {
    if (!seen.insert(link_of(process / "ns/mnt")).second) return;
    const auto table = parse_mount_table(text_of(process / "mountinfo"));
    const bool there = std::ranges::any_of(table, [&](const MountEntry& entry) {
      return entry.device_major == device_major && entry.device_minor == device_minor;
    });
    if (there) users.push_back({pid, name_of(process)});
  });
  return users;
}

std::vector<pid_t> servers_of_connection(unsigned connection) {
  std::vector<pid_t> servers;
  const std::string wanted = "fuse_connection:\t" + std::to_string(connection) + "\n";
  for_each_process([&](pid_t pid, const stdfs::path& process) {
    bool found = false;
    for_each_entry(process / "fd", [&](const stdfs::path& fd) {
      if (found || link_of(fd) != "/dev/fuse") return;
      found = text_of(process / "fdinfo" / fd.filename()).find(wanted) != std::string::npos;
    });
    if (found) servers.push_back(pid);
  });
  return servers;
}

std::string names_of(const std::vector<MountUser>& users) {
  constexpr std::size_t kMaxUsersNamed = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(users.size(), kMaxUsersNamed); ++i) {
    text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", users[i].name, users[i].pid);
  }
  if (users.size() > kMaxUsersNamed)
    text += fmt::format(" and {} more", users.size() - kMaxUsersNamed);
  return text;
}

}  // namespace snapfs
