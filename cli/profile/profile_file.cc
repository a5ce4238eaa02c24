#include "cli/profile/profile_file.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/grammar/parser.h"
#include "cli/grammar/suggestion.h"
#include "cli/option/setting.h"
#include "cli/profile/profile_trust.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/path.h"

namespace snapfs {
namespace {

constexpr std::string_view kEnding = ".toml";
constexpr std::size_t kMaxBytes = 1 << 20;

bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/// What there is in its place, so far.
[[noreturn]] void throw_not_found(const std::string& name, const std::vector<std::string>& places) {
  std::vector<std::string> names;
  for (const ProfileName& profile : list_profiles()) names.push_back(profile.name);
  throw Error(
      ErrorCode::kNotFound,
      fmt::format("there is no profile \"{}\" in {}{} (\"snapfs profile list\" shows those "
                  "there are, \"snapfs profile init\" makes one)",
                  name, fmt::join(places, " or "), did_you_mean(similar_words(name, names), "")),
      name);
}

}  // namespace

std::string home_directory() {
  if (const auto home = environment_setting("", "HOME")) return *home;
  const passwd* const user =
      ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe): no threads yet
  return user == nullptr || user->pw_dir == nullptr ? "" : user->pw_dir;
}

std::vector<std::string> profile_directories() {
  std::vector<std::string> directories;
  const auto base = environment_setting("", "XDG_CONFIG_HOME");
  if (base && base->starts_with('/')) {
    directories.push_back(join_path(*base, "snapfs"));
  } else if (const std::string home = home_directory(); !home.empty()) {
    directories.push_back(join_path(home, ".config/snapfs"));
  }
  directories.emplace_back("/etc/snapfs");
  return directories;
}

std::vector<ProfileName> list_profiles() {
  std::vector<ProfileName> profiles;
  for (const std::string& directory : profile_directories()) {
    std::error_code ignored;
    for (std::filesystem::directory_iterator it(directory, ignored), end; !ignored && it != end;
         it.increment(ignored)) {
      const std::string file = it->path().filename().string();
      if (!file.ends_with(kEnding) || file.starts_with('.')) continue;
      profiles.push_back({file.substr(0, file.size() - kEnding.size()), it->path().string()});
    }
  }
  std::ranges::stable_sort(profiles, {}, &ProfileName::name);
  return profiles;
}

void require_profile_name(std::string_view name) {
  const bool is_odd = std::ranges::any_of(
      name, [](char c) { return c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (name.empty() || name.front() == '.' || is_odd) {
    throw Error(
        ErrorCode::kUsage,
        fmt::format("\"{}\" is no name for a profile: its file is called NAME{}", name, kEnding));
  }
}

std::string find_profile(const std::string& name, const std::string& first) {
  if (name.find('/') != std::string::npos) {
    return absolute_path(name, first.empty() ? current_directory() : first);
  }
  require_profile_name(name);
  std::vector<std::string> places;
  if (!first.empty()) places.push_back(first);
  for (std::string& directory : profile_directories()) {
    if (std::ranges::find(places, directory) == places.end()) {
      places.push_back(std::move(directory));
    }
  }
  for (const std::string& directory : places) {
    std::string path = join_path(directory, name + std::string(kEnding));
    if (exists(path)) return path;
  }
  throw_not_found(name, places);
}

std::string read_profile(const std::string& path) {
  // Its commands are run with our rights.
  const uid_t user = ::geteuid();
  require_trusted_way(absolute_path(path, current_directory()), user);
  // What is opened is what is looked at and read, whatever becomes of the name.
  const UniqueFd fd = open_file(path, O_RDONLY | O_NONBLOCK);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw_errno(errno, "look at", path);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::kUsage, fmt::format("{} is no file: a profile is one", path), path);
  }
  require_trusted_file(path, status, user);
  if (static_cast<std::uint64_t>(status.st_size) > kMaxBytes) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} is larger than {} bytes: that is no profile", path, kMaxBytes),
                path);
  }
  Bytes content(static_cast<std::size_t>(status.st_size));
  content.resize(read_at(fd.get(), 0, content, path));
  return std::string(as_text(content));
}

}  // namespace snapfs
