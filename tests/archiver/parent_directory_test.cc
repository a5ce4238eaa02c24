// When a file may be taken over unread, and how the parent's directory is searched.
#include "archiver/parent_directory.h"

#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/tree/tree_reader.h"
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

SourceMetadata same_file() {
  SourceMetadata metadata;
  metadata.mode = S_IFREG | 0644;
  metadata.size = 10;
  metadata.mtime = {100, 1};
  metadata.ctime = {200, 2};
  metadata.inode = 7;
  return metadata;
}

TEST(IsUnchanged, LooksAtTypeSizeTimesAndInode) {
  EXPECT_TRUE(is_unchanged(stored_file(), same_file()));
  const std::vector<std::function<void(SourceMetadata&)>> changes = {
      [](SourceMetadata& now) { now.size = 11; },
      [](SourceMetadata& now) { now.mtime.nanoseconds = 2; },
      [](SourceMetadata& now) { now.mtime.seconds = 101; },
      [](SourceMetadata& now) { now.ctime.nanoseconds = 3; },
      [](SourceMetadata& now) { now.inode = 8; },
      [](SourceMetadata& now) { now.mode = S_IFIFO | 0644; },
  };
  for (const auto& change : changes) {
    SourceMetadata now = same_file();
    change(now);
    EXPECT_FALSE(is_unchanged(stored_file(), now)) << &change - changes.data();
  }
}

TEST(IsUnchanged, IgnoresWhatItIsToldTo) {
  const UnchangedRule no_ctime{.ignore_ctime = true};
  const UnchangedRule no_inode{.ignore_inode = true};
  SourceMetadata other_ctime = same_file();
  ++other_ctime.ctime.seconds;
  SourceMetadata other_inode = other_ctime;
  ++other_inode.inode;
  EXPECT_TRUE(is_unchanged(stored_file(), other_ctime, no_ctime));
  EXPECT_FALSE(is_unchanged(stored_file(), other_inode, no_ctime));
  EXPECT_TRUE(is_unchanged(stored_file(), other_inode, no_inode));
  SourceMetadata other_mtime = other_inode;
  ++other_mtime.mtime.seconds;
  EXPECT_FALSE(is_unchanged(stored_file(), other_mtime, no_inode));
}

TEST(IsUnchanged, DoesNotLookAtOwnerModeAndDevice) {
  SourceMetadata now = same_file();
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

TEST(IsUnchanged, CanOverlookChangeTimeAndInode) {
  SourceMetadata now = same_file();
  now.ctime.seconds = 999;
  EXPECT_TRUE(is_unchanged(stored_file(), now, {.ignore_ctime = true}));
  now.inode = 8;
  EXPECT_FALSE(is_unchanged(stored_file(), now, {.ignore_ctime = true}));
  EXPECT_TRUE(is_unchanged(stored_file(), now, {.ignore_inode = true}));
  now.size = 11;
  EXPECT_FALSE(is_unchanged(stored_file(), now, {.ignore_inode = true}));
}

TEST(MayHaveChangedSince, DistrustsTheTickInWhichTheParentBegan) {
  constexpr Timestamp kStart{1000, 500'000'000};
  const auto at = [&](Timestamp ctime, const UnchangedRule& rule = {}) {
    SourceMetadata now = same_file();
    now.ctime = ctime;
    return may_have_changed_since(now, kStart, rule);
  };
  EXPECT_FALSE(at({900, 1}));
  EXPECT_FALSE(at({1000, 489'999'999}));
  EXPECT_TRUE(at({1000, 490'000'000}));
  EXPECT_TRUE(at({1000, 500'000'000}));
  EXPECT_TRUE(at({2000, 1}));
  // Whole seconds come from a file system that keeps nothing finer.
  EXPECT_TRUE(at({999, 0}));
  EXPECT_FALSE(at({998, 0}));
  EXPECT_FALSE(at({2000, 1}, {.ignore_ctime = true}));  // then the modification time decides
}

class ParentDirectoryTest : public ::testing::Test {
 protected:
  Id store(const std::vector<std::string>& names, std::uint64_t size = 0) {
    std::vector<Node> nodes;
    for (const std::string& name : names) {
      Node node = stored_file();
      node.name = name;
      node.size = size;
      nodes.push_back(node);
    }
    const Id tree = maker_.add_tree(nodes);
    maker_.flush();
    return tree;
  }

  ParentDirectory open(const ParentTrees& trees) {
    return {source_, trees, {}, [this](const Error&) { ++unreadable_; }};
  }

  static std::string name_of(const PreviousNode& found) {
    return found.parent() == kMaxParents ? "" : node_name(found.json()).value();
  }

  int unreadable_ = 0;
  MemoryBackend backend_;
  test::RepositoryMaker maker_{backend_};
  TreesAhead source_{maker_.repository(), {}};
};

TEST_F(ParentDirectoryTest, FindsNamesThatAreAskedForInOrder) {
  const std::vector<std::string> names = {"a", "a\"b", "b\\", "c\n", "d", "e\xff", "z"};
  ParentDirectory parent = open({store(names)});
  for (const std::string& name : names) EXPECT_EQ(name_of(parent.find(name)), name);
}

TEST_F(ParentDirectoryTest, MissesWhatIsNotThere) {
  ParentDirectory parent = open({store({"b", "d"})});
  for (const char* name : {"", "a"}) EXPECT_EQ(name_of(parent.find(name)), "") << name;
  EXPECT_EQ(name_of(parent.find("b")), "b");
  for (const char* name : {"bb", "c"}) EXPECT_EQ(name_of(parent.find(name)), "") << name;
  EXPECT_EQ(name_of(parent.find("d")), "d");
  EXPECT_EQ(name_of(parent.find("e")), "");
}

TEST_F(ParentDirectoryTest, ANameThatContainsAnothersEndIsNotMistaken) {
  ParentDirectory parent = open({store({"a"})});
  EXPECT_EQ(name_of(parent.find(R"(a","type":"file)")), "");
}

TEST_F(ParentDirectoryTest, AnAbsentOneHasNothing) {
  EXPECT_EQ(ParentDirectory().find("a").parent(), kMaxParents);
  EXPECT_FALSE(ParentDirectory().only_tree());
}

TEST_F(ParentDirectoryTest, TheNewerParentGoesFirst) {
  const Id newer = store({"a", "b"}, 1);
  const Id older = store({"b", "c"}, 2);
  ParentDirectory parent = open({newer, older});
  EXPECT_FALSE(parent.only_tree());
  EXPECT_EQ(parent.find("a").parent(), 0U);
  const PreviousNode both = parent.find("b");
  EXPECT_EQ(both.parent(), 0U);
  EXPECT_EQ(parse_node(both.json()).size, 1U);
  EXPECT_EQ(parse_node(both.nodes[1]).size, 2U);
  EXPECT_EQ(parent.find("c").parent(), 1U);
}

TEST_F(ParentDirectoryTest, ParentsWithTheSameTreeAreOne) {
  const Id tree = store({"a"});
  ParentDirectory parent = open({tree, tree});
  EXPECT_EQ(parent.only_tree(), tree);
  EXPECT_EQ(parent.only_text().size(), 1U);
  EXPECT_EQ(parent.find("a").parent(), 0U);
}

TEST_F(ParentDirectoryTest, AParentThatCannotBeReadIsPassedOver) {
  const Id tree = store({"a"});
  ParentDirectory parent = open({Id{{1, 2, 3}}, tree});
  EXPECT_EQ(unreadable_, 1);
  EXPECT_EQ(parent.only_tree(), tree);
  EXPECT_EQ(name_of(parent.find("a")), "a");
}

TEST_F(ParentDirectoryTest, ANodeThatCannotBeReadIsPassedOver) {
  const Id tree = maker_.add_tree_text(
      "{\"nodes\":[{\"type\":\"file\",\"name\":1},"
      "{\"name\":\"a\\\"\",\"type\":\"file\",\"mode\":\"bad\"},"
      "{\"name\":\"b\",\"type\":\"file\",\"content\":[]}]}\n");
  maker_.flush();
  ParentDirectory parent = open({tree});
  EXPECT_EQ(name_of(parent.find("a")), "");
  EXPECT_EQ(name_of(parent.find("b")), "b");
  EXPECT_EQ(unreadable_, 0);
}

TEST_F(ParentDirectoryTest, OnlyTheOlderParentMayHaveIt) {
  const Id tree = store({"a"});
  ParentDirectory parent = open({std::nullopt, tree});
  EXPECT_EQ(parent.only_tree(), tree);
  EXPECT_EQ(parent.only_text().size(), 1U);
  EXPECT_EQ(parent.find("a").parent(), 1U);
}

}  // namespace
}  // namespace snapfs
