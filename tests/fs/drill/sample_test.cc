#include "fs/drill/sample.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::make_directory;
using test::make_node;
using test::make_symlink;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SampleTest : public ::testing::Test {
 protected:
  /// Five hundred small files in a directory, and beside it one of each other kind.
  Id tree() {
    std::vector<Node> small;
    for (int i = 0; i < 500; ++i) {
      small.push_back(maker_.make_file("small" + std::to_string(i), {std::to_string(i)}));
    }
    small_tree_ = maker_.add_tree(std::move(small));
    Node empty = maker_.make_file("empty", {});
    const Id tree = maker_.add_tree(
        {make_directory("folder", small_tree_), std::move(empty),
         maker_.make_file("large", {std::string(100'000, 'x')}), make_symlink("link", "large"),
         make_node("pipe", NodeType::kFifo), make_node("socket", NodeType::kSocket)});
    maker_.flush();
    return tree;
  }

  Sample choose(const SampleRule& rule) {
    const Id root = tree();
    return choose_sample(maker_.repository(), root, rule, {});
  }

  static std::vector<std::string> paths(const Sample& sample) {
    std::vector<std::string> paths;
    for (const SampledItem& item : sample.items) paths.push_back(item.path);
    return paths;
  }

  MemoryBackend backend_;
  test::RepositoryMaker maker_{backend_};
  Id small_tree_;
};

TEST_F(SampleTest, EveryKindAppearsHoweverFewThereAreOfIt) {
  const Sample sample = choose({.seed = 1, .items = 12});
  EXPECT_THAT(sample.items, SizeIs(12));
  EXPECT_EQ(sample.items_total, 505);
  for (const char* const path : {"/empty", "/folder", "/large", "/link", "/pipe"}) {
    EXPECT_THAT(paths(sample), Contains(path));
  }
}

TEST_F(SampleTest, SeedDecides) {
  const Id root = tree();
  const auto of = [&](std::uint64_t seed) {
    return paths(choose_sample(maker_.repository(), root, {.seed = seed, .items = 20}, {}));
  };
  EXPECT_EQ(of(7), of(7));
  EXPECT_NE(of(7), of(8));
}

TEST_F(SampleTest, SmallerSampleIsPartOfLargerOne) {
  const Id root = tree();
  const auto few = choose_sample(maker_.repository(), root, {.seed = 3, .items = 10}, {});
  const auto many = choose_sample(maker_.repository(), root, {.seed = 3, .items = 50}, {});
  for (const std::string& path : paths(few)) EXPECT_THAT(paths(many), Contains(path));
}

TEST_F(SampleTest, ContentIsBounded) {
  const Sample sample = choose({.bytes = 50});
  EXPECT_LE(sample.content_bytes, 50);
  EXPECT_GE(sample.content_bytes, 40);
  EXPECT_THAT(paths(sample), ::testing::Not(Contains("/large")));
  EXPECT_THAT(paths(sample), Contains("/link"));
}

TEST_F(SampleTest, OnlyThePathsThatAreNamed) {
  const Sample sample = choose({.paths = {"/folder/small7", "/link", "/nothing"}});
  EXPECT_THAT(paths(sample), ElementsAre("/folder/small7", "/link"));
  EXPECT_THAT(sample.missing, ElementsAre("/nothing"));
  EXPECT_EQ(sample.items_total, 2);
}

TEST_F(SampleTest, NamedDirectoryMeansAllBelowIt) {
  EXPECT_THAT(choose({.paths = {"/folder/"}}).items, SizeIs(501));
}

TEST_F(SampleTest, DirectoryThatCannotBeReadIsTold) {
  const Id root = tree();
  maker_.damage({BlobType::kTree, small_tree_});
  const Sample sample = choose_sample(maker_.repository(), root, {}, {});
  ASSERT_THAT(sample.unreadable, SizeIs(1));
  EXPECT_EQ(sample.unreadable.front().path, "/folder");
  EXPECT_THAT(sample.items, SizeIs(5));
  EXPECT_THAT(sample.missing, IsEmpty());
}

}  // namespace
}  // namespace snapfs
