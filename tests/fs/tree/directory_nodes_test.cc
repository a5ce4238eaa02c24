// The nodes of small and of huge directories come as the same, one after the other, and none comes
// of a directory of which one cannot be read.
#include "fs/tree/directory_nodes.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fs/format/huge_blob.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::numbered_id;

/// A directory of ten links, of about so many bytes; `last` is the text of one more.
std::string tree_of(std::size_t bytes, const std::string& last) {
  std::string text = "{\"nodes\":[";
  for (int i = 0; i < 10; ++i) {
    text += fmt::format(R"({{"name":"{}","type":"symlink","linktarget":"{}"}},)", i,
                        std::string(bytes / 10, 't'));
  }
  return text + last + "]}\n";
}

DirectoryNodes nodes_of(const std::string& text, std::vector<std::size_t>* seen = nullptr) {
  return {copy_of(as_bytes(text)), numbered_id(1), {}, [seen](std::size_t place, const Node&) {
            if (seen != nullptr) seen->push_back(place);
          }};
}

TEST(DirectoryNodes, ComeInOrderWhereverTheyAreMoved) {
  for (const std::size_t bytes : {std::size_t{100}, std::size_t{kHugeBlob} + 1}) {
    std::vector<std::size_t> seen;
    DirectoryNodes nodes = nodes_of(tree_of(bytes, R"({"name":"z","type":"fifo"})"), &seen);
    EXPECT_EQ(seen.size(), 11U);
    EXPECT_EQ(seen.back(), 10U);
    for (std::size_t i = 0; i < 10; ++i) {
      EXPECT_EQ(nodes.place(), i);
      const Node node = nodes.take();
      EXPECT_EQ(node.name, std::to_string(i));
      EXPECT_EQ(node.link_target.size(), bytes / 10);
      DirectoryNodes elsewhere = std::move(nodes);
      nodes = std::move(elsewhere);
    }
    EXPECT_EQ(nodes.take().type, NodeType::kFifo);
    EXPECT_TRUE(nodes.empty());
  }
}

TEST(DirectoryNodes, AreNoneWhenOneCannotBeRead) {
  for (const std::size_t bytes : {std::size_t{100}, std::size_t{kHugeBlob} + 1}) {
    for (const char* const last : {R"({"name":"z"})", R"({"name":"8","type":"fifo"})", "{"}) {
      EXPECT_TRUE(fails_with(ErrorCode::kDamaged, numbered_id(1).hex(), [&] {
        nodes_of(tree_of(bytes, last));
      })) << last;
    }
  }
}

TEST(DirectoryNodes, OfNothingAreNone) {
  EXPECT_TRUE(DirectoryNodes().empty());
  EXPECT_TRUE(nodes_of("{\"nodes\":[]}\n").empty());
}

}  // namespace
}  // namespace snapfs
