// Where the nodes of a tree lie in its text.
#include "fs/tree/tree_text.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fs/tree/node_json.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/tree_references.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

TreeText text_of(std::string_view json) { return TreeText(copy_of(as_bytes(json))); }

std::vector<std::string> nodes_of(const TreeText& text) {
  std::vector<std::string> nodes;
  for (std::size_t i = 0; i < text.size(); ++i) nodes.emplace_back(text.node(i));
  return nodes;
}

TEST(TreeText, HasTheNodesAsTheyWereWritten) {
  const std::vector<std::string> nodes = {R"({"name":"a","x":{"y":[1,"}]"]}})",
                                          R"({"name":"b\\\"}"})", R"({ "name" : "c" })"};
  TreeBuilder builder;
  for (const std::string& node : nodes) builder.add(node);
  const TreeText text = text_of(builder.finish());
  EXPECT_EQ(nodes_of(text), nodes);
  EXPECT_TRUE(text.is_canonical());
}

TEST(TreeText, AnEmptyTreeIsCanonical) {
  const TreeText text = text_of(TreeBuilder().finish());
  EXPECT_EQ(text.size(), 0U);
  EXPECT_TRUE(text.is_canonical());
}

TEST(TreeText, OtherSpacingAndOtherFieldsAreNotCanonical) {
  for (const char* json :
       {"{\"nodes\":[{\"name\":\"a\"}]}", "{\"nodes\":[{\"name\":\"a\"} ]}\n",
        "{\"nodes\":[ {\"name\":\"a\"}]}\n", "{\"nodes\":[{\"name\":\"a\"}],\"more\":1}\n",
        "{\"more\":1,\"nodes\":[{\"name\":\"a\"}]}\n", "{\"nodes\": [{\"name\":\"a\"}]}\n"}) {
    const TreeText text = text_of(json);
    EXPECT_EQ(nodes_of(text), std::vector<std::string>{"{\"name\":\"a\"}"}) << json;
    EXPECT_FALSE(text.is_canonical()) << json;
  }
  EXPECT_FALSE(text_of("{\"nodes\":[{\"name\":\"a\"} ,{\"name\":\"b\"}]}\n").is_canonical());
  EXPECT_FALSE(text_of("{\"nodes\":null}\n").is_canonical());
}

TEST(TreeText, RepairsTextThatIsNotUtf8) {
  const TreeText text = text_of("{\"nodes\":[{\"name\":\"\xff\"}]}\n");
  EXPECT_EQ(nodes_of(text), std::vector<std::string>{"{\"name\":\"\xef\xbf\xbd\"}"});
  EXPECT_FALSE(text.is_canonical());  // it is not what the blob's ID is the digest of
}

TEST(TreeText, WhatIsNoTreeIsDamaged) {
  for (const char* json : {"", "{}", "[]", "{\"nodes\":1}", "{\"nodes\":[1]}", "{\"nodes\":[{}"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { text_of(json); })) << json;
  }
}

/// As many nodes as that, of so many bytes each.
std::string tree_of(std::size_t count, std::size_t bytes) {
  std::string text = "{\"nodes\":[";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = fmt::format("{:07}", i);
    text += fmt::format(R"({}{{"name":"{}{}"}})", i == 0 ? "" : ",", name,
                        std::string(bytes - name.size() - 11, '_'));
  }
  return text + "]}\n";
}

TEST(TreeText, MillionsOfNodesAreAsLongAsProgramsWriteThem) {
  constexpr std::size_t kMany = (std::size_t{1} << 20) + 1;
  EXPECT_EQ(text_of(tree_of(kMany - 1, 18)).size(), kMany - 1);
  EXPECT_EQ(text_of(tree_of(kMany, 64)).size(), kMany);
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "more than 1048576 nodes",
                         [] { text_of(tree_of(kMany, 60)); }));
  // However the list is written, and whoever reads it.
  std::string other = tree_of(kMany, 30);
  other.insert(1, " ");
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, [&] { text_of(other); }));
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported,
                         [&] { read_references(copy_of(as_bytes(other)), "tree", {}); }));
}

TEST(NodeName, IsRaw) {
  for (const std::string name : {"a", "a b", "q\"", "b\\", "n\n", "\xff", "\xc3\xa4", "<&>"}) {
    Node node;
    node.name = name;
    std::string json;
    append_node_json(json, node, TimeZone());
    EXPECT_EQ(node_name(json), name);
    EXPECT_FALSE(is_plainly_named(json, name + "x"));
    EXPECT_FALSE(is_plainly_named(json, name.substr(0, name.size() - 1)));
  }
  EXPECT_TRUE(is_plainly_named(R"({"name":"a","type":"file"})", "a"));
  EXPECT_FALSE(is_plainly_named(R"({"name":"a","type":"file"})", R"(a","type":"file)"));
}

TEST(NodeName, OfADamagedNodeIsNothing) {
  EXPECT_FALSE(node_name("{}"));
  EXPECT_FALSE(node_name(R"({"type":"file","name":1})"));
  EXPECT_FALSE(node_name(R"({"name":"a\"","mode":"bad"})"));
}

TEST(ContentOfTail, ReadsBackWhatIsWritten) {
  for (const std::size_t count : {0, 1, 3}) {
    for (const bool with_attribute : {false, true}) {
      Node node;
      node.name = "a";
      for (std::size_t i = 0; i < count; ++i) node.content.push_back(Id{{std::uint8_t(i + 1)}});
      if (with_attribute) {
        node.extended_attributes = {{",\"content\":[", copy_of(as_bytes(",\"content\":["))}};
      }
      std::string tail;
      append_node_tail(tail, node);
      EXPECT_EQ(content_of_tail(tail), node.content) << tail;
      std::string json;
      append_node_head(json, node, TimeZone());
      std::string whole;
      append_node_json(whole, node, TimeZone());
      EXPECT_EQ(json + tail, whole);
    }
  }
}

TEST(TreeText, EndsWhenItIsToldTo) {
  StopSource stop;
  stop.request_stop();
  EXPECT_TRUE(test::fails_with(ErrorCode::kCancelled, [&] {
    const TreeText text(copy_of(as_bytes(R"({"nodes":[{"name":"a"}]})")), "tree", stop.get_token());
  }));
}

TEST(ContentOfTail, RefusesAnythingElse) {
  const std::string id = '"' + std::string(64, 'a') + '"';
  for (const std::string& tail :
       {std::string(), std::string("}"), std::string(",\"content\":null}"),
        std::string(",\"content\":[}"), ",\"content\":[" + id + ",]}",
        ",\"content\":[" + id + id + "]}", ",\"content\":[" + id.substr(1) + "]}",
        ",\"content\":[" + id + "],\"subtree\":" + id + "}", std::string(",\"content\":[\"\"]}")}) {
    EXPECT_FALSE(content_of_tail(tail)) << tail;
  }
}

}  // namespace
}  // namespace snapfs
