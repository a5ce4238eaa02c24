// What became of a path.
#include "fs/look/path_history.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::make_directory;
using test::make_node;
using test::make_symlink;

class PathHistoryTest : public ::testing::Test {
 protected:
  Id root_with(const Node& node) {
    return maker_.add_tree({make_directory("home", maker_.add_tree({node}))});
  }
  Id root_without() { return maker_.add_tree({make_directory("home", maker_.add_tree({}))}); }

  std::vector<PathVersion> history(const std::vector<Id>& roots, std::string_view path) {
    maker_.flush();
    const auto unreadable = [this](const Id&, const Error&) { ++unreadable_; };
    return versions_of_path(states_of_path(maker_.repository(), roots, path, {}, unreadable));
  }

  MemoryBackend memory_;
  snapfs::test::FaultBackend backend_{memory_};
  test::RepositoryMaker maker_{backend_};
  int unreadable_ = 0;
};

TEST_F(PathHistoryTest, TellsWhatIsNewAboutEachVersion) {
  const Node first = maker_.make_file("f", {"one"});
  Node touched = first;
  touched.mtime.seconds += 1;
  Node written = maker_.make_file("f", {"two"});
  written.mtime = touched.mtime;
  const auto versions = history(
      {root_without(), root_with(first), root_with(first), root_with(touched), root_with(written),
       root_with(make_symlink("f", "x")), root_without(), root_without(), root_with(first)},
      "/home/f");
  ASSERT_EQ(versions.size(), 6U);
  EXPECT_TRUE(versions[0].appeared && versions[0].first == 1 && versions[0].last == 2);
  EXPECT_TRUE(versions[1].metadata && !versions[1].content && !versions[1].appeared);
  EXPECT_TRUE(versions[2].content && !versions[2].metadata);
  EXPECT_TRUE(versions[3].type);
  EXPECT_TRUE(!versions[4].node && versions[4].first == 6 && versions[4].last == 7);
  EXPECT_TRUE(versions[5].appeared);
}

TEST_F(PathHistoryTest, InodeAndAccessTimeMakeNoVersion) {
  const Node first = maker_.make_file("f", {"one"});
  Node copied = first;
  copied.inode += 1;
  copied.atime.seconds += 1;
  copied.ctime.seconds += 1;
  EXPECT_EQ(history({root_with(first), root_with(copied)}, "home/f").size(), 1U);
}

TEST_F(PathHistoryTest, ADirectoryChangesWithWhatIsInIt) {
  const auto versions = history({root_without(), root_with(make_symlink("f", "x"))}, "/home");
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_TRUE(versions[1].content && !versions[1].metadata);
  EXPECT_EQ(history({root_without(), root_without()}, "/").size(), 1U);
}

TEST_F(PathHistoryTest, ReadsSharedDirectoriesOnce) {
  const Id home = maker_.add_tree({make_symlink("f", "x")});
  std::vector<Id> roots;
  for (int i = 0; i < 20; ++i) {
    roots.push_back(
        maker_.add_tree({make_directory("home", home), make_symlink(std::to_string(i), "x")}));
  }
  maker_.flush();
  const snapfs::test::CallFilter loads{snapfs::test::BackendCall::kLoad, FileKind::kPack};
  const std::size_t before = backend_.ended(loads);
  EXPECT_EQ(history(roots, "/home/f").size(), 1U);
  EXPECT_LT(backend_.ended(loads) - before, roots.size() / 2);
}

TEST_F(PathHistoryTest, FindsNamesThatAreQuoted) {
  EXPECT_EQ(
      history({root_with(make_symlink("new\nline \"\xff", "x"))}, "/home/new\nline \"\xff").size(),
      1U);
}

TEST_F(PathHistoryTest, WhatCannotBeReadIsNoChange) {
  const Id missing = Id::parse(std::string(64, '1')).value();
  const Id unknown = maker_.add_tree({make_directory("home", missing)});
  const Node file = maker_.make_file("f", {"one"});
  const auto versions =
      history({root_with(file), unknown, root_with(file), unknown, root_without()}, "/home/f");
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(versions[0].last, 2U);
  EXPECT_TRUE(!versions[1].node && versions[1].first == 4);
}

TEST_F(PathHistoryTest, StorageThatDoesNotAnswerEndsIt) {
  const Id root = root_without();
  maker_.flush();
  backend_.fail({snapfs::test::BackendCall::kLoad, FileKind::kPack}, 1, ErrorCode::kIo,
                snapfs::test::FaultBackend::kForever);
  EXPECT_TRUE(snapfs::test::fails_with(ErrorCode::kIo, [&] { history({root}, "/home/f"); }));
}

TEST_F(PathHistoryTest, TellsOfWhatCannotBeRead) {
  const Id missing = Id::parse(std::string(64, '1')).value();
  EXPECT_TRUE(history({maker_.add_tree({make_directory("home", missing)})}, "/home/f").empty());
  EXPECT_EQ(unreadable_, 1);
}

}  // namespace
}  // namespace snapfs
