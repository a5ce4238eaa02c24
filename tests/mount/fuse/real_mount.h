// A repository that is mounted for a test, and what its tests look at it with. Skipped where
// nothing can be mounted.
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/mount/fuse/mounted_repository.h"

namespace snapfs::test {

inline constexpr std::string_view kTime = "2026-01-01T00:00:00Z";
inline constexpr std::string_view kName = "2026-01-01T00-00-00Z";
inline constexpr std::size_t kPage = 4096;

inline struct stat stat_of(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) throw_errno(errno, "stat", path);
  return status;
}

/// The error number of a call that should fail; 0 when it did not.
template <class Call>
int error_of(Call&& call) {
  errno = 0;
  return call() < 0 ? errno : 0;
}

struct Listed {
  std::string name;
  ino_t ino = 0;
  unsigned char type = 0;
  long next = 0;  ///< telldir after it
};

class Directory {
 public:
  explicit Directory(const std::string& path) : stream_(::opendir(path.c_str())) {
    if (stream_ == nullptr) throw_errno(errno, "open", path);
  }
  ~Directory() { ::closedir(stream_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  void seek(long position) { ::seekdir(stream_, position); }

  /// Nothing at the end.
  std::optional<Listed> next() {
    const dirent* entry = ::readdir(stream_);
    if (entry == nullptr) return std::nullopt;
    return Listed{entry->d_name, entry->d_ino, entry->d_type, ::telldir(stream_)};
  }

  std::vector<Listed> rest() {
    std::vector<Listed> result;
    while (auto entry = next()) result.push_back(*std::move(entry));
    return result;
  }

 private:
  DIR* stream_;
};

inline std::vector<std::string> names(const std::vector<Listed>& entries) {
  std::vector<std::string> result;
  for (const Listed& entry : entries) result.push_back(entry.name);
  return result;
}

class RealMount : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = why_not_mountable(); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
  }

  RepositoryMaker& maker() { return mounted_.maker(); }

  /// Mounts a snapshot of the nodes; paths given to path() are then below its root.
  void mount(std::vector<Node> nodes, MountOptions options = {}) {
    maker().add_snapshot(maker().add_tree(std::move(nodes)), kTime);
    mounted_.mount(std::move(options));
  }

  /// The server's, with every request counted: an answer is sent before.
  std::string status_at_rest() {
    for (;;) {
      std::string status = mounted_.server().status();
      if (status.ends_with("in flight:\n")) return status;
      std::this_thread::yield();
    }
  }

  std::string path(const std::string& below) const {
    return mounted_.path("snapshots/" + std::string(kName) + "/" + below);
  }

  MountedRepository mounted_;
};

}  // namespace snapfs::test
