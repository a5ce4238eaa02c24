// A repository in memory and a directory to restore into, for the tests of this folder.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/restore/restore.h"
#include "tests/support/repository_maker.h"
#include "tests/support/temporary_directory.h"

namespace snapfs::test {

/// Keeps what is reported.
class RecordedProgress final : public RestoreProgress {
 public:
  bool wants_items() const noexcept override { return true; }
  void show_item(const RestoredItem& item) override {
    const std::lock_guard lock(mutex_);
    static constexpr const char* kNames[] = {"restored ", "updated ", "unchanged ", "deleted "};
    items_.push_back(kNames[static_cast<int>(item.action)] + item.path);
  }

  std::vector<std::string> items() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> sorted = items_;
    std::ranges::sort(sorted);
    return sorted;
  }
  std::vector<std::string> failures() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> sorted = failures_;
    std::ranges::sort(sorted);
    return sorted;
  }
  void report_warning(const std::string& path, const std::string& message) override {
    const std::lock_guard lock(mutex_);
    warnings_.push_back(path + ": " + message);
  }
  std::vector<std::string> warnings() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> sorted = warnings_;
    std::ranges::sort(sorted);
    return sorted;
  }

 private:
  void show_error(const std::string& path, const std::string& message) override {
    const std::lock_guard lock(mutex_);
    failures_.push_back(path + ": " + message);
  }

  mutable std::mutex mutex_;
  std::vector<std::string> items_;
  std::vector<std::string> failures_;
  std::vector<std::string> warnings_;
};

class RestoreTest : public ::testing::Test {
 protected:
  /// A file node with this content, owned by the user that runs the test.
  Node file(std::string name, std::initializer_list<std::string_view> chunks) {
    return own(maker.make_file(std::move(name), chunks));
  }
  Node directory(std::string name, std::vector<Node> nodes) {
    return own(make_directory(std::move(name), maker.add_tree(std::move(nodes))));
  }
  Node symlink(std::string name, std::string target) {
    return own(make_symlink(std::move(name), std::move(target)));
  }
  static Node own(Node node) {
    node.uid = ::getuid();
    node.gid = ::getgid();
    return node;
  }

  /// The names of one file.
  static Node linked(Node node, std::uint64_t inode, std::uint64_t links = 2) {
    node.inode = inode;
    node.links = links;
    return node;
  }

  /// Restores a tree of these nodes into the directory "target".
  void restore(std::vector<Node> nodes, StopToken stop = {}) {
    restore_with(fs, std::move(nodes), std::move(stop));
  }
  void restore_with(TargetFs& target_fs, std::vector<Node> nodes, StopToken stop = {}) {
    const Id tree = maker.add_tree(std::move(nodes));
    maker.flush();
    restore_tree(maker.repository(), tree, target(), target_fs, options, progress, std::move(stop));
  }

  std::string target() const { return scratch / "target"; }
  std::string at(std::string_view name) const { return target() + "/" + std::string(name); }

  std::string content(std::string_view name) const {
    std::ifstream in(at(name), std::ios::binary);
    if (!in) return "(cannot be read)";
    return {std::istreambuf_iterator<char>(in), {}};
  }
  struct stat status(std::string_view name) const {
    struct stat result {};
    EXPECT_EQ(::lstat(at(name).c_str(), &result), 0) << name;
    return result;
  }
  bool exists(std::string_view name) const {
    struct stat result {};
    return ::lstat(at(name).c_str(), &result) == 0;
  }
  std::string link_target(std::string_view name) const {
    return std::filesystem::read_symlink(at(name)).string();
  }
  void put(std::string_view name, std::string_view text) const {
    scratch.write("target/" + std::string(name), text);
  }

  MemoryBackend backend;
  RepositoryMaker maker{backend};
  test::TemporaryDirectory scratch;
  TargetFs fs;
  RestoreOptions options;
  RecordedProgress progress;
};

}  // namespace snapfs::test
