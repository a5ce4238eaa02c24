// The way is gone as the kernel goes it, link by link, since the directory that a link lies in
// counts as much as the one that it leads to. Nobody who is not believed can change anything on a
// way that was found good, so what is opened by it later is what was looked at.
#include "cli/profile/profile_trust.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/durable_file.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/base/shell_word.h"

namespace snapfs {
namespace {

/// As the kernel has it.
constexpr int kMostLinks = 40;

struct stat look_at(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) throw_errno(errno, "look at", path);
  return status;
}

/// Who owns the root directory has the machine. That is not always number 0: in a user namespace
/// without the machine's root, as systemd makes them, all of its files are somebody's without a
/// name.
bool is_believed(uid_t owner, uid_t user) {
  return owner == user || owner == 0 || owner == look_at("/").st_uid;
}

bool is_open(const struct stat& status, uid_t user) {
  const unsigned others = user == 0 ? S_IWGRP | S_IWOTH : S_IWOTH;
  return (status.st_mode & others) != 0;
}

std::string_view what_they_could(uid_t user) {
  return user == 0 ? "have root run commands" : "have commands run in your name";
}

std::string_view good_place(uid_t user) { return user == 0 ? "/etc/snapfs" : "~/.config/snapfs"; }

/// Reads where a link leads.
std::string read_link(const std::string& path) {
  std::vector<char> buffer(4096);
  const ssize_t length = ::readlink(path.c_str(), buffer.data(), buffer.size());
  if (length < 0) throw_errno(errno, "read the link", path);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

class Way {
 public:
  Way(const std::string& path, uid_t user) : path_(path), user_(user) {
    come("/");
    go(path);
  }

  void walk() {
    for (int links = 0; !names_.empty();) {
      const std::string name = std::move(names_.back());
      names_.pop_back();
      if (name == "..") {
        come(parent_directory(directory_));
        continue;
      }
      const std::string next = join_path(directory_, name);
      const struct stat status = look_at(next);
      if (S_ISLNK(status.st_mode)) {
        // In a directory that is not open to others its owner is nobody else's business.
        if (is_open_) require_owner(next, status);
        if (++links > kMostLinks) throw_errno(ELOOP, "look at", path_);
        const std::string target = read_link(next);
        if (target.starts_with('/')) come("/");
        go(target);
      } else if (S_ISDIR(status.st_mode)) {
        come(next);
      }
    }
  }

 private:
  void go(const std::string& path) {
    std::vector<std::string> names = split_path(path);
    std::ranges::reverse(names);
    for (std::string& name : names) {
      if (!name.empty() && name != ".") names_.push_back(std::move(name));
    }
  }

  void come(const std::string& directory) {
    const struct stat status = look_at(directory);
    require_owner(directory, status);
    is_open_ = is_open(status, user_);
    directory_ = directory;
    if (!is_open_ || (status.st_mode & S_ISVTX) != 0) return;
    throw Error(ErrorCode::kPermission,
                fmt::format("{0} can be written by others, who could replace the profile {1} and "
                            "{2}: look at the profile, then \"chmod go-w {3}\"",
                            directory, path_, what_they_could(user_), shell_word(directory)),
                path_);
  }

  void require_owner(const std::string& place, const struct stat& status) const {
    if (is_believed(status.st_uid, user_)) return;
    throw Error(ErrorCode::kPermission,
                fmt::format("{0} belongs to another user, who could replace the profile {1} and "
                            "{2}: look at the profile, then keep a copy in {3}",
                            place, path_, what_they_could(user_), good_place(user_)),
                path_);
  }

  const std::string& path_;
  const uid_t user_;
  std::string directory_;
  bool is_open_ = false;            ///< whether others may write the directory: it is sticky then
  std::vector<std::string> names_;  ///< still to go, the next one last
};

}  // namespace

void require_trusted_file(const std::string& path, const struct stat& status, uid_t user) {
  if (!is_believed(status.st_uid, user)) {
    throw Error(ErrorCode::kPermission,
                user == 0
                    ? fmt::format("{} belongs to another user, who could {}: look at it, then "
                                  "\"chown root {}\"",
                                  path, what_they_could(user), shell_word(path))
                    : fmt::format("{} belongs to another user, who could {}: look at it, then keep "
                                  "a copy in {}",
                                  path, what_they_could(user), good_place(user)),
                path);
  }
  if (!is_open(status, user)) return;
  throw Error(ErrorCode::kPermission,
              fmt::format("{} can be written by others, who could {}: look at it, then \"chmod "
                          "go-w {}\"",
                          path, what_they_could(user), shell_word(path)),
              path);
}

void require_trusted_way(const std::string& path, uid_t user) { Way(path, user).walk(); }

}  // namespace snapfs
