// Trees that no program writes, before every reader of trees: all of them find the same in one, or
// all call it damaged.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/tree/tree_reader.h"
#include "fs/tree/tree_references.h"
#include "fs/tree/tree_text.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::numbered_id;

/// What one reader makes of a tree; nothing when it calls it damaged.
struct Found {
  std::vector<std::string> names;
  std::vector<Id> contents;
  std::vector<Id> subtrees;

  void add(const Node& node) {
    names.push_back(node.name);
    contents.insert(contents.end(), node.content.begin(), node.content.end());
    if (node.subtree) subtrees.push_back(*node.subtree);
  }

  friend bool operator==(const Found&, const Found&) = default;
};

template <class Read>
std::optional<Found> unless_damaged(const Read& read) {
  try {
    Found found;
    read(found);
    return found;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDamaged) << error.what();
    return std::nullopt;
  }
}

std::optional<Found> read_whole(const std::string& blob) {
  return unless_damaged(
      [&](Found& found) { parse_tree(as_bytes(blob), [&](Node&& node) { found.add(node); }); });
}

/// As a large tree is read.
std::optional<Found> read_node_by_node(const std::string& blob) {
  return unless_damaged([&](Found& found) {
    const TreeText text(copy_of(as_bytes(blob)));
    for (std::size_t i = 0; i < text.size(); ++i) {
      const Node node = parse_node(text.node(i));
      EXPECT_EQ(node_name(text.node(i)), node.name);
      found.add(node);
    }
  });
}

std::optional<TreeReferences> references_of(const std::string& blob) {
  std::optional<TreeReferences> references;
  unless_damaged([&](Found&) { references = read_references(copy_of(as_bytes(blob))); });
  return references;
}

std::string filled_in(std::string json) {
  for (int number = 1; number <= 3; ++number) {
    const std::string mark = "@" + std::to_string(number);
    const std::string id = '"' + numbered_id(static_cast<std::uint64_t>(number)).hex() + '"';
    for (std::size_t at = json.find(mark); at != std::string::npos; at = json.find(mark)) {
      json.replace(at, mark.size(), id);
    }
  }
  return json;
}

/// The same tree with so many fields that nobody knows that it is a large one.
std::string grown(const std::string& blob) {
  const std::size_t at = blob.find('{');
  if (at == std::string::npos) return blob;
  std::string large = blob;
  return large.insert(at + 1, R"("padding":")" + std::string(std::size_t{17} << 20, 'p') + "\",");
}

const std::vector<std::string>& sound_trees() {
  static const std::vector<std::string> trees = {
      R"({"nodes":[{"name":"a","type":"file","content":[@1]}]})",
      R"({"nodes":[{"name":"a","name":"b","type":"file","content":[@1]}]})",
      R"({"nodes":[{"name":"a","type":"file","content":[@1],"name":"b"}]})",
      R"({"nodes":[{"name":"a","NAME":"b","type":"file","content":[@1]}]})",
      R"({"nodes":[{"name":"a","type":"file","content":[@1],"n\u0061me":"b"}]})",
      R"({"nodes":[{"name":"a","type":"file","content":[@1],"name" : "b"}]})",
      R"({"nodes":[{"name":"a","name":null,"type":"file","content":[@1]}]})",
      R"({"nodes":[{"name":"a","type":"file","content":[@1],"content":[@2]}]})",
      R"({"nodes":[{"name":"a","type":"file","content":[@1],"Content":[@2,@3]}]})",
      R"({"nodes":[{"name":"a","type":"file","content":[@1],"content":[]}]})",
      R"({"nodes":[{"name":"a","type":"dir","subtree":@1,"subtree":@2}]})",
      R"({"nodes":[{"name":"a","type":"dir","subtree":@1,"ſubtree":@2}]})",
      R"({"nodes":[{"name":"a","type":"dir","type":"file","content":[@1],"subtree":@2}]})",
      R"({"nodes":[{"name":"a","type":"dir","content":[@1],"subtree":@2}]})",
      R"({"nodes":[{"name":"a","type":"file","content":[@1],"subtree":@2}]})",
      R"({"nodes":[{"name":"a","type":"symlink","content":[@1],"subtree":@2}]})",
      R"({"nodes":[{"name":"a","type":"door","content":[@1],"subtree":@2}]})",
      R"({"nodes":[{"name":"a","type":"fifo","content":null,"more":{"nodes":[{"content":[@3]}]}}]})",
      R"({"Nodes":[{"Name":"a","TYPE":"file","CONTENT":[@1]}]})",
      R"({"more":[1,{"nodes":[]}],"nodes":[],"and":null})",
      R"({"nodes":null})",
      R"({"nodes":[]}  )",
      "{\"nodes\":[{\"name\":\"a\xff\",\"type\":\"file\",\"content\":[@1]}]}",
      R"({"nodes":[{"name":"a\ud800","type":"file","content":[@1]}]})",
  };
  return trees;
}

const std::vector<std::string>& broken_trees() {
  static const std::vector<std::string> trees = {
      "",
      "null",
      "[]",
      "{}",
      R"({"nodes":5})",
      R"({"nodes":[5]})",
      R"({"nodes":[[]]})",
      R"({"nodes":[],"nodes":[]})",
      R"({"nodes":[{"name":"a","type":"file","content":[@1]}],"nodes":[]})",
      R"({"nodes":null,"Nodes":[]})",
      R"({"nodes":[],"\u006eodes":null})",
      R"({"nodes":[]}})",
      R"({"nodes":[]} {"nodes":[]})",
      R"({"nodes":[]}x)",
      R"({"nodes":[]},)",
      R"({"nodes":[])",
      R"({"nodes":[}])",
      R"({"nodes":[],})",
      R"({"nodes":[{"name":"a","type":"fifo"},]})",
      R"({"nodes":[{"name":"a","type":"fifo"} {"name":"b","type":"fifo"}]})",
      R"({"nodes":[{"name":"a","type":"fifo"}x]})",
      R"({"nodes":[],"more":tru})",
      R"({"nodes":[],"more":[1,}])",
      R"({"nodes":[],"more":{"a"}})",
      R"({"nodes":[],"more":01})",
      R"({"more":nul,"nodes":[]})",
      std::string(R"({"nodes":[]})") + '\0',
      "\xef\xbb\xbf{\"nodes\":[]}",
      R"({"nodes":[{"name":"a","type":"file","content":["ab"]}]})",
      R"({"nodes":[{"name":"a","type":"file","content":{}}]})",
      R"({"nodes":[{"name":"a","type":"dir","subtree":7}]})",
      R"({"nodes":[{"name":"a","type":7,"content":[@1]}]})",
  };
  return trees;
}

TEST(ForgedTree, IsTheSameToAllReaders) {
  for (const std::string& pattern : sound_trees()) {
    const std::string blob = filled_in(pattern);
    const std::optional<Found> whole = read_whole(blob);
    ASSERT_TRUE(whole) << pattern;
    EXPECT_EQ(read_node_by_node(blob), whole) << pattern;
    const std::optional<TreeReferences> references = references_of(blob);
    ASSERT_TRUE(references) << pattern;
    EXPECT_EQ(references->contents, whole->contents) << pattern;
    EXPECT_EQ(references->subtrees, whole->subtrees) << pattern;
    // Whatever a node names is known, so that who removes blobs can spare it.
    for (int number = 1; number <= 2; ++number) {
      const Id id = numbered_id(static_cast<std::uint64_t>(number));
      const bool is_named = pattern.find("@" + std::to_string(number)) != std::string::npos;
      const bool is_known =
          std::ranges::find(references->contents, id) != references->contents.end() ||
          std::ranges::find(references->subtrees, id) != references->subtrees.end() ||
          std::ranges::find(references->others, id, &BlobHandle::id) != references->others.end();
      EXPECT_EQ(is_known, is_named) << pattern;
    }
  }
}

TEST(ForgedTree, IsDamagedToAllReaders) {
  for (const std::string& pattern : broken_trees()) {
    const std::string blob = filled_in(pattern);
    EXPECT_FALSE(read_whole(blob)) << pattern;
    EXPECT_FALSE(read_node_by_node(blob)) << pattern;
    EXPECT_FALSE(references_of(blob)) << pattern;
  }
}

TEST(ForgedTree, IsTheSameWhenItIsLarge) {
  const auto read_large = [](const std::string& blob) {
    return unless_damaged([&](Found& found) {
      parse_tree(copy_of(as_bytes(blob)), [&](Node&& node) { found.add(node); });
    });
  };
  // One of each kind; each takes some hundredths of a second.
  for (const std::size_t i : {0, 4, 9, 18, 19}) {
    const std::string blob = filled_in(sound_trees()[i]);
    EXPECT_EQ(read_large(grown(blob)), read_whole(blob)) << blob;
  }
  for (const std::size_t i : {7, 11, 12, 13, 15, 20, 21, 26, 27}) {
    EXPECT_FALSE(read_large(grown(filled_in(broken_trees()[i])))) << broken_trees()[i];
  }
}

/// Go reads what nests up to ten thousand deep.
TEST(ForgedTree, MayNestDeepInWhatNobodyKnows) {
  const std::string deep = std::string(9'000, '[') + std::string(9'000, ']');
  const std::string blob = R"({"nodes":[{"name":"a","type":"fifo","more":)" + deep + "}]}";
  EXPECT_TRUE(read_whole(blob));
  EXPECT_TRUE(read_node_by_node(blob));
  EXPECT_TRUE(references_of(blob));
}

}  // namespace
}  // namespace snapfs
