// Directories with so many entries that what is decoded of all of them takes far more memory than
// their text.
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/look/search_rules.h"
#include "fs/look/tree_search.h"
#include "fs/tree/ordered_walk.h"
#include "fs/tree/tree_reader.h"
#include "tests/support/heap_meter.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::HeapMeter;

constexpr int kEntries = 300'000;
constexpr int kDirectoryEvery = 100'000;

/// As nodes they take 100 MB.
constexpr std::size_t kMostBytes = 60 << 20;

class WideTest : public ::testing::Test, protected WalkVisitor {
 protected:
  WideTest() {
    const Id below = maker_.add_tree({maker_.make_file("f", {"one"})});
    std::string json = "{\"nodes\":[";
    for (int i = 0; i < kEntries; ++i) {
      const char* const rest = R"("type":"file","content":[],"user":"somebody")";
      const std::string directory =
          fmt::format(R"("type":"dir","content":null,"subtree":"{}")", below.hex());
      json += fmt::format("{}{{\"name\":\"{:06}\",{}}}", i == 0 ? "" : ",", i,
                          i % kDirectoryEvery == 7 ? directory : rest);
    }
    root_ = maker_.add_tree_text(json + "]}\n");
    maker_.flush();
    HeapMeter::forget_peak();
    before_ = HeapMeter::live_bytes();
  }

  std::size_t peak() const { return HeapMeter::peak_bytes() - before_; }

  void node(const std::string& path, Node& node) override {
    ++nodes_;
    if (node.subtree || node.size > 0) special_.push_back(path);
  }
  void leave(const std::string& path) override { special_.push_back("left " + path); }

  MemoryBackend memory_;
  test::RepositoryMaker maker_{memory_};
  Id root_;
  std::size_t before_ = 0;
  int nodes_ = 0;
  std::vector<std::string> special_;
};

TEST_F(WideTest, WalksInOrder) {
  const auto everywhere = [](const WalkPlace&, const Node&) { return true; };
  walk_in_order(maker_.repository(), root_, everywhere, *this, {});
  EXPECT_EQ(nodes_, kEntries + 3);
  EXPECT_EQ(special_, (std::vector<std::string>{"/000007", "/000007/f", "left /000007", "/100007",
                                                "/100007/f", "left /100007", "/200007", "/200007/f",
                                                "left /200007"}));
  EXPECT_LT(peak(), kMostBytes);
}

TEST_F(WideTest, IsSearched) {
  NameQuery query;
  query.patterns = {"/123456", "/200007/f"};
  const auto rule = make_name_rule(query);
  std::vector<std::string> found;
  TreeSearch search(maker_.repository(), *rule, {});
  search.run(root_, [&](const FoundNode& node) { found.push_back(node.path); });
  EXPECT_EQ(found, (std::vector<std::string>{"/123456", "/200007/f"}));
  EXPECT_LT(peak(), kMostBytes);
}

TEST_F(WideTest, HasOneEntryLookedUp) {
  EXPECT_TRUE(find_in_tree(maker_.repository(), root_, "299999", {}));
  EXPECT_FALSE(find_in_tree(maker_.repository(), root_, "300000", {}));
  EXPECT_LT(peak(), kMostBytes);
}

}  // namespace
}  // namespace snapfs
