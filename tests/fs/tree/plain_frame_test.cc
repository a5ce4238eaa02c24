// Large trees are read node by node: nothing may come of that but what comes of reading the whole.
#include "fs/tree/plain_frame.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/format/huge_blob.h"
#include "fs/tree/tree_text.h"

namespace snapfs {
namespace {

std::vector<std::string> nodes_of(std::string_view text) {
  std::vector<std::string> nodes;
  PlainFrame frame(text);
  while (const auto node = frame.next()) nodes.emplace_back(*node);
  return nodes;
}

TEST(PlainFrame, PartsNodesByTheirBraces) {
  const std::vector<std::string> nodes = {R"({"name":"a"})", R"({"x":{"y":[{}]},"z":"}"})",
                                          R"({"quoted":"\"}\\"})", R"({})"};
  std::string text = "{\"nodes\":[";
  for (const std::string& node : nodes) text += (text.back() == '[' ? "" : ",") + node;
  text += "]}\n";
  EXPECT_TRUE(PlainFrame::fits(text));
  EXPECT_EQ(nodes_of(text), nodes);
}

TEST(PlainFrame, FitsNothingElse) {
  for (const char* text : {"", "{\"nodes\":[]}\n", "{\"nodes\":[{}]}", "{\"nodes\":[{}]}\n ",
                           "{\"nodes\":[{}],\"x\":1}\n", "{\"nodes\":[{}{}]}\n",
                           "{\"nodes\":[{},]}\n", "{\"nodes\":[{} ,{}]}\n", "{\"nodes\":[{]}\n",
                           "{\"nodes\":[{\"}]}\n", "{\"nodes\":[{\"\\\"}]}\n", "{\"nodes\":[1]}\n",
                           "{ \"nodes\":[{}]}\n", "{\"nodes\":[", "{\"nodes\":[{"}) {
    EXPECT_FALSE(PlainFrame::fits(text)) << text;
  }
}

/// A tree of about so many bytes with `odd` as one of its nodes.
std::string large_tree(const std::string& odd, std::size_t bytes) {
  std::string text = "{\"nodes\":[";
  const std::string usual =
      R"({"name":"a name","type":"file","content":[],"note":")" + std::string(4000, 'n') + "\"}";
  while (text.size() < bytes / 2) text += usual + ',';
  text += odd + ',';
  while (text.size() < bytes) text += usual + ',';
  text.back() = ']';
  return text + "}\n";
}

TEST(LargeTrees, AreReadAsSmallOnesAre) {
  for (const char* odd :
       {R"({"name":"\u00e4","type":"file"})", "{\"name\":\"\xff\"}", R"({"name":"\ud800"})",
        R"({"deep":[[[{"a":"]}"}]]]})", R"({"name":"x"}})", R"({"name":"x"]})", R"({"name" "x"})",
        "{\"name\":\"\n\"}", R"({"name":tru})", R"([])", R"({"a":1},"nodes":[)",
        R"({"a":1} , {"b":2})"}) {
    const auto read = [&](std::size_t bytes) -> std::vector<std::string> {
      try {
        const TreeText text(copy_of(as_bytes(large_tree(odd, bytes))));
        std::vector<std::string> others;
        for (std::size_t i = 0; i < text.size(); ++i) {
          if (text.node(i).size() < 4000) others.emplace_back(text.node(i));
        }
        return others;
      } catch (const Error& error) {
        return {"refused"};
      }
    };
    EXPECT_EQ(read(std::size_t{kHugeBlob} + 1), read(std::size_t{kHugeBlob} / 4)) << odd;
  }
}

TEST(LargeTrees, GiveTheirMemoryBackWhileTheyAreRead) {
  TreeText text(copy_of(as_bytes(large_tree("{}", 3 * std::size_t{kHugeBlob}))));
  const std::string last(text.node(text.size() - 1));
  text.forget_before(text.size() - 1);
  EXPECT_EQ(text.node(text.size() - 1), last);
  EXPECT_EQ(text.node(100).find_first_not_of('\0'), std::string_view::npos) << "it is gone";
  text.forget_before(text.size());
}

}  // namespace
}  // namespace snapfs
