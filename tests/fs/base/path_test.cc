// Lexical paths.
#include "fs/base/path.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

TEST(Path, CleanKeepsTheMeaning) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "."},          {".", "."},          {"./.", "."},          {"/", "/"},
      {"//", "/"},        {"/..", "/"},        {"/../a", "/a"},       {"..", ".."},
      {"../..", "../.."}, {"a/..", "."},       {"a/../..", ".."},     {"a//b/", "a/b"},
      {"/a/./b", "/a/b"}, {"a/b/../c", "a/c"}, {"../a/../b", "../b"}, {"./a", "a"},
      {"...", "..."},     {"/a/b/../..", "/"},
  };
  for (const auto& [path, cleaned] : cases) EXPECT_EQ(clean_path(path), cleaned) << path;
}

TEST(Path, JoinPutsOneSlash) {
  EXPECT_EQ(join_path("/", "a"), "/a");
  EXPECT_EQ(join_path("/a", "b"), "/a/b");
  EXPECT_EQ(join_path("a", "b"), "a/b");
  EXPECT_EQ(join_path(".", "b"), "b");
  EXPECT_EQ(join_path("..", "b"), "../b");
}

TEST(Path, SplitDropsEmptyParts) {
  EXPECT_EQ(split_path("//a//b/"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(split_path("/").empty());
  EXPECT_TRUE(split_path("").empty());
}

TEST(Path, AbsoluteStartsFromTheWorkingDirectory) {
  EXPECT_EQ(absolute_path("a/../b", "/home/me"), "/home/me/b");
  EXPECT_EQ(absolute_path("../../..", "/home/me"), "/");
  EXPECT_EQ(absolute_path("/x//y", "/home/me"), "/x/y");
  EXPECT_EQ(absolute_path(".", "/home/me"), "/home/me");
}

/// Puts the working directory and $PWD back.
class CurrentDirectory : public ::testing::Test {
 protected:
  CurrentDirectory() : before_(std::filesystem::current_path()) {
    if (const char* pwd = ::getenv("PWD")) pwd_ = pwd;
  }
  ~CurrentDirectory() override {
    std::filesystem::current_path(before_);
    ::setenv("PWD", pwd_.c_str(), 1);
  }

 private:
  std::filesystem::path before_;
  std::string pwd_;
};

TEST_F(CurrentDirectory, KeepsTheNameThatTheUserCameBy) {
  const test::TemporaryDirectory directory;
  const std::string real = directory.make_directory("real");
  std::filesystem::create_directory_symlink("real", directory / "link");
  std::filesystem::current_path(real);
  ::setenv("PWD", (directory / "link").c_str(), 1);
  EXPECT_EQ(current_directory(), directory / "link");
  ::setenv("PWD", directory.path().c_str(), 1);
  EXPECT_EQ(current_directory(), real) << "$PWD names another directory";
  ::unsetenv("PWD");
  EXPECT_EQ(current_directory(), real);
}

}  // namespace
}  // namespace snapfs
