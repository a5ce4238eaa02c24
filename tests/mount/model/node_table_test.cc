// What goes into a table comes out of it, and what it takes. And what is kept of inodes.
#include "mount/model/node_table.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "mount/model/inode_table.h"
#include "tests/support/heap_meter.h"

namespace snapfs {
namespace {

using test::HeapMeter;
using ::testing::ElementsAreArray;

constexpr std::size_t kMany = 1000;

Id id_of(std::uint8_t byte) {
  Id id;
  id.bytes.fill(byte);
  return id;
}

Node file(std::size_t number) {
  Node node;
  node.name = "a file of the name " + std::to_string(10000 + number);
  node.content = {id_of(static_cast<std::uint8_t>(number))};
  node.user = "the name of a user that nobody is shown";
  node.extended_attributes = {{"security.selinux", Bytes(30, 's')}};
  node.links = 1;
  node.inode = number + 1;
  return node;
}

void expect_same(const NodeView& seen, const Node& node) {
  EXPECT_EQ(seen.name, node.name);
  EXPECT_EQ(seen.type, node.type);
  EXPECT_EQ(seen.permissions, node.permissions);
  EXPECT_EQ(seen.mtime, node.mtime);
  EXPECT_EQ(seen.atime, node.atime);
  EXPECT_EQ(seen.ctime, node.ctime);
  EXPECT_EQ(seen.uid, node.uid);
  EXPECT_EQ(seen.gid, node.gid);
  EXPECT_EQ(seen.inode, node.inode);
  EXPECT_EQ(seen.device_id, node.device_id);
  EXPECT_EQ(seen.size, node.size);
  EXPECT_EQ(seen.links, node.links);
  EXPECT_EQ(seen.link_target, node.link_target);
  EXPECT_THAT(seen.extended_attributes, ElementsAreArray(node.extended_attributes));
  EXPECT_EQ(seen.device, node.device);
  EXPECT_THAT(seen.content, ElementsAreArray(node.content));
  EXPECT_EQ(seen.subtree, node.subtree);
}

TEST(NodeTable, MoreAttributesThanAnybodyCanListKeepNoNeighbourAway) {
  Node flooded = file(1);
  flooded.extended_attributes.assign(100'000, {"user.x", {}});
  NodeTable table;
  table.push_back(flooded);
  table.push_back(file(2));
  ASSERT_EQ(table.size(), 2U);
  std::size_t list_bytes = 0;
  for (const ExtendedAttribute& attribute : table[0].extended_attributes) {
    list_bytes += attribute.name.size() + 1;
  }
  EXPECT_GT(list_bytes, 65536U);  // E2BIG, as for the whole list
  expect_same(table[1], file(2));
}

TEST(NodeTable, GivesBackWhatItWasGiven) {
  std::vector<Node> nodes(5);
  nodes[0] = file(0);
  nodes[0].content.push_back(id_of(200));
  nodes[1].name = "directory";
  nodes[1].type = NodeType::kDirectory;
  nodes[1].permissions = 07755;
  nodes[1].subtree = id_of(7);
  nodes[1].extended_attributes = nodes[0].extended_attributes;
  nodes[2] = {.name = std::string("\xff\n", 2),
              .type = NodeType::kSymlink,
              .permissions = 0777,
              .mtime = {-1, 999'999'999},
              .atime = {253'402'300'799, 1},
              .ctime = {1, 2},
              .uid = 4'294'967'295,
              .gid = 3,
              .user = {},
              .group = {},
              .inode = ~std::uint64_t{0},
              .device_id = ~std::uint64_t{1},
              .size = ~std::uint64_t{2},
              .links = ~std::uint64_t{3},
              .link_target = std::string(5000, 't'),
              .extended_attributes = {{"user.a", {}}, {"user.b", Bytes(70000, 'b')}},
              .device = ~std::uint64_t{4},
              .content = {},
              .subtree = {}};
  nodes[3].name = std::string(255, 'x');
  nodes[4] = nodes[2];
  nodes[4].extended_attributes.pop_back();
  NodeTable table;
  for (const Node& node : nodes) table.push_back(node);
  table.shrink_to_fit();
  ASSERT_EQ(table.size(), nodes.size());
  std::size_t i = 0;
  for (const NodeView& seen : table) {
    SCOPED_TRACE(i);
    expect_same(seen, nodes[i]);
    EXPECT_EQ(table.name(i), nodes[i].name);
    ++i;
  }
}

TEST(NodeTable, NamesAreFound) {
  NodeTable table;
  EXPECT_FALSE(table.find("a"));
  for (const char* name : {"a", "b", "ba", "c"}) {
    Node node;
    node.name = name;
    table.push_back(node);
  }
  EXPECT_EQ(table.find("a"), 0U);
  EXPECT_EQ(table.find("ba"), 2U);
  EXPECT_EQ(table.find("c"), 3U);
  for (const char* name : {"", "aa", "d", "bb"}) EXPECT_FALSE(table.find(name)) << name;
}

TEST(NodeTable, AnEntryTakesItsRecordNameAndBlobs) {
  NodeTable table;
  const std::size_t before = HeapMeter::live_bytes();
  for (std::size_t i = 0; i < kMany; ++i) table.push_back(file(i));
  table.shrink_to_fit();
  const std::size_t taken = HeapMeter::live_bytes() - before;
  EXPECT_LE(taken / kMany, 80 + 24 + 32 + 1U);
  EXPECT_NEAR(static_cast<double>(table.heap_bytes()), static_cast<double>(taken), 1000.0);
}

TEST(InodeTable, AnInodeTakesAtMost64Bytes) {
  constexpr std::size_t kEntries = 10;  // in a directory, as in most trees
  TreeListing listing;
  for (std::size_t i = 0; i < kEntries; ++i) {
    Node node = file(i);
    if (i == 0) node.links = 2;
    listing.nodes.push_back(node);
  }
  InodeTable table;
  const std::size_t before = HeapMeter::live_bytes();
  for (std::size_t i = 0; i < kMany; ++i) {
    TreeDirectory directory;
    directory.self = kFirstTreeIno + 1'000'000 + i;
    directory.root = 1 + i / 100;
    table.add(std::move(directory), listing);
  }
  EXPECT_LE((HeapMeter::live_bytes() - before) / (kMany * kEntries), 64U);
}

class ForgottenDirectories : public ::testing::Test {
 protected:
  static constexpr std::size_t kForgotten = 3;
  static constexpr Ino kRoot = 7;

  static TreeListing listing_of(std::uint64_t links) {
    TreeListing listing;
    for (std::size_t i = 0; i < 2; ++i) {
      Node node = file(i);
      node.links = links;
      listing.nodes.push_back(node);
    }
    return listing;
  }
  /// As the kernel does when it looks one up and reads it.
  InodeTable::DirectoryPointer visit(Ino self, std::uint64_t links = 1) {
    table_.remember(self);
    TreeDirectory directory;
    directory.self = self;
    directory.root = kRoot;
    return table_.add(std::move(directory), listing_of(links));
  }

  InodeTable table_{kForgotten};
};

TEST_F(ForgottenDirectories, TheOldestGo) {
  constexpr Ino kFirst = kFirstTreeIno + 1000;
  for (Ino self = kFirst; self < kFirst + 100; ++self) {
    visit(self);
    table_.forget(self, 1);
  }
  EXPECT_EQ(table_.size(), kForgotten);
  EXPECT_EQ(table_.find_directory(kFirst), nullptr);
  EXPECT_NE(table_.find_directory(kFirst + 99), nullptr);
  const auto again = visit(kFirst);
  EXPECT_EQ(table_.find(again->base + 1)->directory, again);
  table_.drop(kRoot);
  EXPECT_EQ(table_.size(), 0U);
}

TEST_F(ForgottenDirectories, ThoseThatTheKernelKnowsStay) {
  constexpr Ino kFirst = kFirstTreeIno + 1000;
  const auto known = visit(kFirst);
  visit(kFirst);
  table_.forget(kFirst, 1);
  const auto again = visit(kFirst + 1);
  table_.forget(kFirst + 1, 1);
  table_.remember(kFirst + 1);
  for (Ino self = kFirst + 2; self < kFirst + 100; ++self) {
    visit(self);
    table_.forget(self, 1);
  }
  EXPECT_EQ(table_.find(known->base)->directory, known);
  EXPECT_EQ(table_.find(again->base)->directory, again);
  EXPECT_EQ(table_.size(), kForgotten + 2);
}

TEST_F(ForgottenDirectories, ThoseThatTheKernelWasNeverToldOfGoToo) {
  constexpr Ino kFirst = kFirstTreeIno + 1000;
  for (Ino self = kFirst; self < kFirst + 100; ++self) {
    TreeDirectory directory;
    directory.self = self;
    directory.root = kRoot;
    table_.add(std::move(directory), listing_of(1));
  }
  EXPECT_EQ(table_.size(), kForgotten);
}

TEST_F(ForgottenDirectories, ThoseThatHaveTheHandlesOfHardLinksStay) {
  constexpr Ino kFirst = kFirstTreeIno + 1000;
  const auto first = visit(kFirst, 2);
  const auto second = visit(kFirst + 1, 2);
  EXPECT_EQ(table_.entry(*second, 0, listing_of(2).nodes[0]).first, first->base);
  for (Ino self = kFirst; self < kFirst + 100; ++self) {
    if (self > kFirst + 1) visit(self);
    table_.forget(self, 1);
  }
  EXPECT_EQ(table_.find(first->base)->directory, first);
  EXPECT_EQ(table_.find_directory(kFirst + 1), nullptr);
  EXPECT_EQ(table_.size(), kForgotten + 1);
}

}  // namespace
}  // namespace snapfs
