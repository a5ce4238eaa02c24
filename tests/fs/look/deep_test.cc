// Snapshots that are deep: memory for one path, not for that of every directory above.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/look/diff.h"
#include "fs/look/search_rules.h"
#include "fs/look/stats.h"
#include "fs/look/tree_search.h"
#include "fs/tree/ordered_walk.h"
#include "tests/support/heap_meter.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::HeapMeter;
using test::make_directory;

constexpr std::size_t kDepth = 2500;
constexpr std::size_t kNameBytes = 255;

/// Every directory's path at once would be 800 MB.
constexpr std::size_t kMostBytes = 100 << 20;

class DeepTest : public ::testing::Test, protected WalkVisitor, protected DiffVisitor {
 protected:
  DeepTest() {
    for (const char* content : {"one", "two"}) {
      Id tree = maker_.add_tree({maker_.make_file("f", {content})});
      for (std::size_t i = 0; i < kDepth; ++i) {
        tree = maker_.add_tree({make_directory(std::string(kNameBytes, 'd'), tree)});
      }
      roots_.push_back(tree);
    }
    maker_.flush();
    HeapMeter::forget_peak();
    before_ = HeapMeter::live_bytes();
  }

  std::size_t peak() const { return HeapMeter::peak_bytes() - before_; }

  void node(const std::string& path, Node&) override { longest_ = std::max(longest_, path.size()); }
  void change(const std::string& path, std::string_view) override {
    longest_ = std::max(longest_, path.size());
  }
  using WalkVisitor::unreadable;
  void unreadable(const std::string& path, const Error&) override { ADD_FAILURE() << path.size(); }

  MemoryBackend memory_;
  test::RepositoryMaker maker_{memory_};
  std::vector<Id> roots_;
  std::size_t before_ = 0;
  std::size_t longest_ = 0;
};

constexpr std::size_t kLongest = kDepth * (kNameBytes + 1) + 2;

TEST_F(DeepTest, WalksInOrder) {
  const auto everywhere = [](const WalkPlace&, const Node&) { return true; };
  walk_in_order(maker_.repository(), roots_[0], everywhere, *this, {});
  EXPECT_EQ(longest_, kLongest);
  EXPECT_LT(peak(), kMostBytes);
}

TEST_F(DeepTest, Compares) {
  diff_trees(maker_.repository(), roots_[0], roots_[1], DiffMetadata::kTold, *this, {});
  EXPECT_EQ(longest_, kLongest);
  EXPECT_LT(peak(), kMostBytes);
}

TEST_F(DeepTest, Finds) {
  const auto rule = make_name_rule({.patterns = {"f", "/**/d/f"}});
  TreeSearch search(maker_.repository(), *rule, {});
  search.run(roots_[0], [&](const FoundNode& found) { longest_ = found.path.size(); });
  EXPECT_EQ(longest_, kLongest);
  EXPECT_LT(peak(), kMostBytes);
}

TEST_F(DeepTest, Counts) {
  EXPECT_EQ(blobs_per_file(maker_.repository(), roots_, {}).blobs, 2U);
  EXPECT_EQ(restore_size(maker_.repository(), roots_, {}).files, 2 * (kDepth + 1));
  EXPECT_LT(peak(), kMostBytes);
}

}  // namespace
}  // namespace snapfs
