#include "fs/base/path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "fs/base/error.h"

namespace snapfs {

namespace {

bool absolute(std::string_view path) { return path.starts_with('/'); }

}  // namespace

std::string clean_path(std::string_view path) {
  const bool rooted = absolute(path);
  std::vector<std::string> kept;
  for (std::string& part : split_path(path)) {
    if (part == ".") continue;
    const bool leads_up = part == "..";
    if (leads_up && !kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!leads_up || !rooted) {
      kept.push_back(std::move(part));
    }
  }
  std::string cleaned = rooted ? "/" : "";
  for (const std::string& part : kept) {
    if (!cleaned.empty() && cleaned.back() != '/') cleaned += '/';
    cleaned += part;
  }
  return cleaned.empty() ? "." : cleaned;
}

std::string join_path(std::string_view base, std::string_view name) {
  if (base == "." || base.empty()) return std::string(name);
  std::string joined;
  joined.reserve(base.size() + 1 + name.size());
  joined += base;
  if (joined.back() != '/') joined += '/';
  return joined.append(name);
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) parts.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

std::string absolute_path(std::string_view path, std::string_view working_directory) {
  if (absolute(path)) return clean_path(path);
  return clean_path(std::string(working_directory).append("/").append(path));
}

std::string current_directory() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment.
  const char* const logical = std::getenv("PWD");
  if (logical != nullptr && absolute(logical)) {
    struct stat named {};
    struct stat here {};
    if (::stat(logical, &named) == 0 && ::stat(".", &here) == 0 && named.st_dev == here.st_dev &&
        named.st_ino == here.st_ino) {
      return logical;
    }
  }
  const std::unique_ptr<char, decltype(&std::free)> physical(::getcwd(nullptr, 0), &std::free);
  if (physical == nullptr) throw_errno(errno, "find the name of", "the working directory");
  return physical.get();
}

}  // namespace snapfs
