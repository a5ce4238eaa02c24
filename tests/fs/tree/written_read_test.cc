// What the writer can write, every reader reads, and as the same; what a reader refuses, the writer
// has no way to write.
#include <array>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/base/utf8.h"
#include "fs/time/timezone.h"
#include "fs/tree/node_edit.h"
#include "fs/tree/node_json.h"
#include "fs/tree/snapshot.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_references.h"
#include "fs/tree/tree_text.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/repository_maker.h"
#include "tests/support/whole_text.h"

namespace snapfs {
namespace {

using test::numbered_id;
using test::whole;

Node file_named(std::string name) {
  Node node = test::make_node(std::move(name), NodeType::kFile);
  node.content = {numbered_id(1), numbered_id(2)};
  node.size = 2;
  return node;
}

std::string json_of(const Node& node) {
  std::string json;
  append_node_json(json, node, TimeZone());
  return json;
}

/// Through every reader there is; `node` is what each of them must find.
void expect_readable(const Node& node) {
  const std::string json = json_of(node);
  SCOPED_TRACE(json.substr(0, 300));
  EXPECT_EQ(parse_node(json), node);
  EXPECT_EQ(node_name(json), node.name);

  TreeBuilder builder;
  builder.add(json);
  const std::string blob = builder.finish();
  std::vector<Node> nodes;
  parse_tree(as_bytes(blob), [&](Node&& found) { nodes.push_back(std::move(found)); });
  EXPECT_EQ(nodes, std::vector<Node>{node});
  const TreeText text(copy_of(as_bytes(blob)));
  ASSERT_EQ(text.size(), 1U);
  EXPECT_EQ(text.node(0), json);
  EXPECT_TRUE(text.is_canonical());

  const TreeReferences found = read_references(copy_of(as_bytes(blob)));
  EXPECT_EQ(found.contents, node.content);
  EXPECT_EQ(found.subtrees, node.subtree ? std::vector<Id>{*node.subtree} : std::vector<Id>{});
  EXPECT_TRUE(found.others.empty());

  std::string head;
  append_node_head(head, node, TimeZone());
  const std::string_view tail = std::string_view(json).substr(head.size());
  if (node.type == NodeType::kFile) {
    EXPECT_EQ(content_of_tail(tail), node.content);
    Node changed = node;
    changed.content = {numbered_id(7)};
    changed.size = 9;
    EXPECT_EQ(parse_node(whole(with_content(json, changed.content, changed.size))), changed);
  } else if (node.type == NodeType::kDirectory) {
    Node changed = node;
    changed.subtree = numbered_id(8);
    EXPECT_EQ(parse_node(with_subtree(json, *changed.subtree)), changed);
  } else {
    EXPECT_TRUE(is_tail_without_content(tail));
  }
}

/// Texts with every byte, and with all that some encoding gives a meaning.
std::vector<std::string> odd_texts(bool with_zero_bytes) {
  std::vector<std::string> texts = {"a\\\"b",
                                    "\\x41",
                                    "\\u0041",
                                    "%00",
                                    "...",
                                    "..a",
                                    ".a",
                                    " ",
                                    "\xed\xa0\x80",
                                    "\xc0\xaf",
                                    "\xf4\x90\x80\x80",
                                    "\xe2\x80\xa8\xe2\x80\xa9",
                                    "\xef\xbb\xbf",
                                    "\xef\xbf\xbd",
                                    "\",\"name\":\"b",
                                    "ame\"",
                                    "\xf0\x9f\x98\x80",
                                    "<&>",
                                    "\xe2\x80\xae"};
  for (int byte = with_zero_bytes ? 0 : 1; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == '/') continue;
    texts.push_back(std::string(1, c) + "x");
    texts.push_back("x" + std::string(1, c));
  }
  for (const std::size_t length : {1, 254, 255, 256, 1023, 1024, 1025, 4095, 4096, 70'000}) {
    texts.push_back(std::string(length, 'n'));
    texts.push_back(std::string(length, '\xff'));
  }
  return texts;
}

TEST(WrittenAndRead, NamesOfAnyBytesAndAnyLength) {
  for (const std::string& name : odd_texts(false)) {
    expect_readable(file_named(name));
    Node directory = test::make_directory(name, numbered_id(3));
    expect_readable(directory);
  }
}

TEST(WrittenAndRead, LinkTargetsOfAnyBytes) {
  for (const std::string& target : odd_texts(true)) {
    expect_readable(test::make_symlink("link", target));
  }
  expect_readable(test::make_symlink("link", "a/b//../c"));
  expect_readable(test::make_symlink("link", ""));
}

TEST(WrittenAndRead, AttributesOfAnySizeAndBytes) {
  for (const std::string& name : odd_texts(true)) {
    if (!is_valid_utf8(name)) continue;  // the format has text there, and no other way
    Node node = file_named("a");
    node.extended_attributes = {{name, {}}, {"user.b", copy_of(as_bytes(name))}};
    expect_readable(node);
  }
  for (const std::size_t size : {0, 1, 2, 3, 65'535, 65'536}) {
    Node node = file_named("a");
    node.extended_attributes = {{"user.big", Bytes(size, 0xfe)}};
    expect_readable(node);
    node.type = NodeType::kSymlink;
    node.content.clear();
    expect_readable(node);
  }
}

TEST(WrittenAndRead, NumbersAndTimesToTheirEdges) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 53,
                                     std::uint64_t{1} << 63, kMost}) {
    Node node = file_named("a");
    node.size = node.inode = node.device_id = node.links = number;
    node.uid = node.gid = static_cast<std::uint32_t>(number);
    expect_readable(node);
    Node device = test::make_node("a", NodeType::kCharDevice);
    device.device = number;
    expect_readable(device);
  }
  // The first second of year 0, and the last nanosecond of year 9999.
  for (const Timestamp time : {Timestamp{-62'167'219'200, 0}, Timestamp{-1, 999'999'999},
                               Timestamp{0, 0}, Timestamp{253'402'300'799, 999'999'999}}) {
    Node node = file_named("a");
    node.mtime = node.atime = node.ctime = time;
    expect_readable(node);
  }
  for (std::uint32_t permissions = 0; permissions <= 07777; ++permissions) {
    Node node = file_named("a");
    node.permissions = permissions;
    EXPECT_EQ(parse_node(json_of(node)), node);
  }
}

/// Years that the format cannot hold are moved to the nearer bound, and read back.
TEST(WrittenAndRead, TimesBeyondTheFormat) {
  for (const std::int64_t seconds :
       {std::numeric_limits<std::int64_t>::min() / 4, std::int64_t{-62'167'219'201},
        std::int64_t{253'402'300'800}, std::numeric_limits<std::int64_t>::max() / 4}) {
    Node node = file_named("a");
    node.mtime = node.atime = node.ctime = {seconds, 5};
    EXPECT_NO_THROW((void)parse_node(json_of(node))) << seconds;
  }
}

TEST(WrittenAndRead, TypesAndOwners) {
  for (const NodeType type : {NodeType::kBlockDevice, NodeType::kCharDevice, NodeType::kFifo,
                              NodeType::kSocket, NodeType::kIrregular}) {
    Node node = test::make_node("a", type);
    expect_readable(node);
  }
  for (const std::string& owner : odd_texts(true)) {
    if (!is_valid_utf8(owner)) continue;
    Node node = file_named("a");
    node.user = node.group = owner;
    expect_readable(node);
  }
}

TEST(WrittenAndRead, SnapshotsWithOddTexts) {
  for (const std::string& text : odd_texts(true)) {
    if (!is_valid_utf8(text)) continue;
    Snapshot snapshot;
    snapshot.tree = numbered_id(1);
    snapshot.hostname = snapshot.username = text;
    snapshot.paths = {text, "/" + text};
    snapshot.tags = snapshot.excludes = {text};
    EXPECT_EQ(parse_snapshot(snapshot.id, as_bytes(encode_snapshot(snapshot))), snapshot) << text;
  }
}

}  // namespace
}  // namespace snapfs
