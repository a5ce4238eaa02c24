// What users type for a place in a snapshot.
#include "fs/tree/snapshot_path.h"

#include <string>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::make_directory;
using test::make_node;

TEST(SnapshotPathTest, DividesAtTheFirstColon) {
  EXPECT_EQ(SnapshotPath::parse("latest").snapshot, "latest");
  EXPECT_EQ(SnapshotPath::parse("latest").folder, "");
  EXPECT_EQ(SnapshotPath::parse("1a2b:/a:b").snapshot, "1a2b");
  EXPECT_EQ(SnapshotPath::parse("1a2b:/a:b").folder, "/a:b");
}

class PathInSnapshotTest : public ::testing::Test {
 protected:
  PathInSnapshotTest() {
    below_ = maker_.add_tree({make_node("file", NodeType::kFile)});
    home_ = maker_.add_tree({make_directory("me", below_)});
    root_ = maker_.add_tree({make_directory("home", home_)});
    maker_.flush();
  }

  Id directory(std::string_view path) {
    return find_directory(maker_.repository(), root_, path, {});
  }

  MemoryBackend memory_;
  snapfs::test::FaultBackend backend_{memory_};
  test::RepositoryMaker maker_{backend_};
  Id below_;
  Id home_;
  Id root_;
};

TEST_F(PathInSnapshotTest, FindsDirectoriesWithAndWithoutSlashes) {
  for (const char* path : {"", "/", ".", "/home/.."}) EXPECT_EQ(directory(path), root_) << path;
  for (const char* path : {"home", "/home", "/home/", "//home/me/.."}) {
    EXPECT_EQ(directory(path), home_) << path;
  }
  EXPECT_EQ(directory("home/me"), below_);
}

TEST_F(PathInSnapshotTest, FindsEntries) {
  const auto find = [&](std::string_view path) {
    return find_node(maker_.repository(), root_, path, {});
  };
  EXPECT_EQ(find("/home/me/file")->type, NodeType::kFile);
  EXPECT_EQ(find("home/me")->subtree, below_);
  EXPECT_FALSE(find("/"));
}

TEST_F(PathInSnapshotTest, SaysHowFarThePathLeads) {
  try {
    directory("/home/you/documents");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_EQ(error.subject(), "/home/you");
  }
  try {
    directory("/home/me/file");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.subject(), "/home/me/file");
  }
}

TEST_F(PathInSnapshotTest, ReadsOneSnapshotFileForAnId) {
  for (int i = 0; i < 5; ++i) maker_.add_snapshot(root_, "2026-01-01T00:00:00Z");
  const Snapshot last = maker_.add_snapshot(root_, "2026-02-01T00:00:00Z");
  const snapfs::test::CallFilter loads{snapfs::test::BackendCall::kLoad, FileKind::kSnapshot};
  const auto load = [&](const std::string& text) {
    return load_snapshot(maker_.repository(), text, {}, {}).id;
  };
  EXPECT_EQ(load(last.id.hex().substr(0, 12)), last.id);
  EXPECT_EQ(backend_.ended(loads), 1U);
  EXPECT_EQ(load("latest"), last.id);
  EXPECT_EQ(backend_.ended(loads), 7U);
}

}  // namespace
}  // namespace snapfs
