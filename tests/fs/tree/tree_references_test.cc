// The blobs that a tree refers to, beside the reader that decodes everything.
#include "fs/tree/tree_references.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/time/timezone.h"
#include "fs/tree/node_json.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/tree_reader.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::numbered_id;

TreeReferences references_of(std::string_view json) {
  return read_references(copy_of(as_bytes(json)));
}

std::string with_ids(std::string json) {
  const std::string a = numbered_id(1).hex();
  const std::string b = numbered_id(2).hex();
  for (const auto& [mark, id] : {std::pair{"@a", a}, std::pair{"@b", b}}) {
    for (std::size_t at = json.find(mark); at != std::string::npos; at = json.find(mark)) {
      json.replace(at, 2, id);
    }
  }
  return json;
}

using Ids = std::vector<Id>;

TEST(TreeReferences, EndInTheMiddleWhenToldTo) {
  StopSource stop;
  stop.request_stop();
  for (const char* const json :
       {R"({"nodes":[{"name":"a","type":"file","content":[]}]})",
        R"({"nodes":[{"name":"a","type":"file","content":["@a","no ID"]}]})"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
      read_references(copy_of(as_bytes(with_ids(json))), "tree", stop.get_token());
    }));
  }
}

TEST(TreeReferences, AreWhatTheNodesSay) {
  TreeBuilder builder;
  Ids contents;
  Ids subtrees;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const std::string name = "entry " + std::to_string(1000 + i) + "\"content\":[";
    Node node = test::make_node(name, NodeType::kFile);
    node.extended_attributes = {{"user.subtree\":\"", {1, 2, 3}}};
    if (i % 3 == 0) {
      node = test::make_directory(name, numbered_id(i));
      subtrees.push_back(numbered_id(i));
    } else if (i % 3 == 1) {
      node = test::make_symlink(name, "\"content\":[\"" + numbered_id(5).hex() + "\"]");
    } else {
      for (std::uint64_t j = 0; j < i % 7; ++j) {
        node.content.push_back(numbered_id(1000 * i + j));
        contents.push_back(numbered_id(1000 * i + j));
      }
    }
    std::string json;
    append_node_json(json, node, TimeZone::local());
    builder.add(json);
  }
  const TreeReferences found = references_of(builder.finish());
  EXPECT_EQ(found.contents, contents);
  EXPECT_EQ(found.subtrees, subtrees);
}

TEST(TreeReferences, AreFoundHoweverTheTextIsWritten) {
  for (const char* json : {
           R"({"nodes":[{"type":"file","content":["@a"]},{"type":"dir","subtree":"@b"}]})",
           "{ \"more\" : [ { } ] , \"nodes\" :\n[ { \"content\" : [ \"@a\" ] , \"type\" :\"file\" "
           "} "
           ", { \"subtree\" : \"@b\" , \"type\" : \"dir\" } ] }",
           R"({"Nodes":[{"Content":["@a"],"Type":"file"},{"SUBTREE":"@b","TYPE":"dir"}]})",
           R"({"nodes":[{"\u0063ontent":["@a"],"t\u0079pe":"file"},)"
           R"({"\u0073ubtree":"@b","type":"dir"}]})",
       }) {
    const TreeReferences found = references_of(with_ids(json));
    EXPECT_EQ(found.contents, Ids{numbered_id(1)}) << json;
    EXPECT_EQ(found.subtrees, Ids{numbered_id(2)}) << json;
  }
}

TEST(TreeReferences, OfTextThatIsNotUtf8AreFoundToo) {
  const TreeReferences found = references_of(
      with_ids("{\"nodes\":[{\"name\":\"\xff\",\"type\":\"file\",\"content\":[\"@a\"]}]}"));
  EXPECT_EQ(found.contents, Ids{numbered_id(1)});
}

TEST(TreeReferences, NoneAreThereInEmptyTrees) {
  for (const char* json : {"{\"nodes\":[]}\n", "{\"nodes\":null}", "{\"nodes\":[{}]}"}) {
    const TreeReferences found = references_of(json);
    EXPECT_TRUE(found.contents.empty() && found.subtrees.empty()) << json;
  }
}

TEST(TreeReferences, OfSomethingElseAreAnError) {
  for (const char* json :
       {"", "{}", "[]", "{\"nodes\":5}", "{\"nodes\":[5]}", "{\"nodes\":[{\"content\":[\"ab\"]}]}",
        "{\"nodes\":[{\"content\":[null]}]}", "{\"nodes\":[{\"subtree\":7}]}",
        "{\"nodes\":[{\"content\":[", "{\"nodes\":[{}]"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "tree is damaged", [&] { references_of(json); }))
        << json;
  }
}

}  // namespace
}  // namespace snapfs
