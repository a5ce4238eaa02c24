// When a file may be taken over unread, and how the parent's directory is searched.
#include "archiver/parent_directory.h"

#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

Node stored_file() {
  Node node;
  node.type = NodeType::kFile;
  node.size = 10;
  node.mtime = {100, 1};
  node.ctime = {200, 2};
  node.inode = 7;
  return node;
}

Metadata same_file() {
  Metadata metadata;
  metadata.mode = S_IFREG | 0644;
  metadata.size = 10;
  metadata.mtime = {100, 1};
  metadata.ctime = {200, 2};
  metadata.inode = 7;
  return metadata;
}

TEST(IsUnchanged, LooksAtTypeSizeTimesAndInode) {
  EXPECT_TRUE(is_unchanged(stored_file(), same_file()));
  const std::vector<std::function<void(Metadata&)>> changes = {
      [](Metadata& now) { now.size = 11; },
      [](Metadata& now) { now.mtime.nanoseconds = 2; },
      [](Metadata& now) { now.mtime.seconds = 101; },
      [](Metadata& now) { now.ctime.nanoseconds = 3; },
      [](Metadata& now) { now.inode = 8; },
      [](Metadata& now) { now.mode = S_IFIFO | 0644; },
  };
  for (const auto& change : changes) {
    Metadata now = same_file();
    change(now);
    EXPECT_FALSE(is_unchanged(stored_file(), now)) << &change - changes.data();
  }
}

TEST(IsUnchanged, DoesNotLookAtOwnerModeAndDevice) {
  Metadata now = same_file();
  now.mode = S_IFREG | 0600;
  now.uid = 1;
  now.device_id = 99;
  EXPECT_TRUE(is_unchanged(stored_file(), now));
}

TEST(IsUnchanged, AnotherTypeOfNodeIsNoFile) {
  Node node = stored_file();
  node.type = NodeType::kFifo;
  EXPECT_FALSE(is_unchanged(node, same_file()));
}

class ParentDirectoryTest : public ::testing::Test {
 protected:
  ParentDirectory open(const std::vector<std::string>& names) {
    std::vector<Node> nodes;
    for (const std::string& name : names) nodes.push_back(make_file_node(name));
    const Id tree = maker_.add_tree(nodes);
    maker_.flush();
    return {maker_.repository(), tree, {}};
  }

  Node make_file_node(const std::string& name) {
    Node node = stored_file();
    node.name = name;
    node.size = 0;
    return node;
  }

  MemoryBackend backend_;
  test::RepositoryMaker maker_{backend_};
};

TEST_F(ParentDirectoryTest, FindsNamesInAnyOrder) {
  ParentDirectory parent = open({"a", "b", "c", "d"});
  for (const char* name : {"a", "b", "d", "c", "a", "d", "d", "b"}) {
    ASSERT_NE(parent.find(name), nullptr) << name;
    EXPECT_EQ(parent.find(name)->name, name);
  }
}

TEST_F(ParentDirectoryTest, MissesWhatIsNotThere) {
  ParentDirectory parent = open({"b", "d"});
  for (const char* name : {"a", "c", "e", "a", "", "bb"}) EXPECT_EQ(parent.find(name), nullptr);
  EXPECT_NE(parent.find("b"), nullptr);
}

TEST_F(ParentDirectoryTest, AnAbsentOneHasNothing) {
  EXPECT_EQ(ParentDirectory().find("a"), nullptr);
}

}  // namespace
}  // namespace snapfs
