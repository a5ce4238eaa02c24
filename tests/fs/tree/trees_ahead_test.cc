// Trees that are on their way when somebody asks for them, whatever he leaves out.
#include "fs/tree/trees_ahead.h"

#include <cstddef>
#include <future>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/core_count.h"
#include "fs/tree/tree_references.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/no_more_threads.h"
#include "tests/support/repository_maker.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::make_directory;
using test::make_symlink;

constexpr test::CallFilter kPackLoads{test::BackendCall::kLoad, FileKind::kPack};

class TreesAheadTest : public ::testing::Test {
 protected:
  /// `width` directories in a directory, `depth` levels of them; each tree in a pack of its own.
  Id make_tree(int depth, int width, const std::string& name) {
    std::vector<Node> nodes = {make_symlink("link", name)};
    for (int i = 0; depth > 0 && i < width; ++i) {
      const std::string below = "d" + std::to_string(i);
      nodes.push_back(make_directory(below, make_tree(depth - 1, width, name + below)));
    }
    const Id tree = maker_.add_tree(std::move(nodes));
    maker_.flush();
    ++made_;
    return tree;
  }

  /// From top to bottom; how many there are. Every `skip`th directory is left out, with all below.
  std::size_t walk(TreesAhead& trees, const Id& root, std::size_t skip = 0) {
    std::size_t taken = 0;
    std::size_t met = 0;
    std::vector<Id> stack = {root};
    while (!stack.empty()) {
      const Id tree = stack.back();
      stack.pop_back();
      if (skip != 0 && ++met % skip == 0) continue;
      const std::vector<Id> below = read_references(trees.take(tree, {})).subtrees;
      stack.insert(stack.end(), below.rbegin(), below.rend());
      ++taken;
    }
    return taken;
  }

  std::size_t loads() const { return waiting_.count(kPackLoads); }

  MemoryBackend memory_;
  test::FaultBackend faults_{memory_};
  test::WaitingBackend waiting_{
      faults_, StorageTraits{.requests = 32 + static_cast<unsigned>(core_count())}};
  test::RepositoryMaker maker_{waiting_};
  std::size_t made_ = 0;
};

TEST_F(TreesAheadTest, LoadsWhatComesNextBeforeItIsAskedFor) {
  const Id root = make_tree(2, 5, "x");
  waiting_.forget();
  waiting_.hold(kPackLoads);
  TreesAhead trees(maker_.repository(), {});
  trees.expect(root);
  ASSERT_TRUE(waiting_.wait_until_waiting(1));
  waiting_.release_first();
  ASSERT_TRUE(waiting_.wait_until_waiting(5)) << "all that are below, and nobody asked for any";
  waiting_.release();
  EXPECT_EQ(walk(trees, root), made_);
  EXPECT_EQ(loads(), made_) << "each once";
}

TEST_F(TreesAheadTest, WhatIsLeftOutIsNoHindrance) {
  const Id root = make_tree(3, 4, "x");
  TreesAhead trees(maker_.repository(), {});
  trees.expect(root);
  EXPECT_LT(walk(trees, root, 3), made_);
}

TEST_F(TreesAheadTest, GivesWhatNobodyExpected) {
  const Id root = make_tree(2, 3, "x");
  TreesAhead trees(maker_.repository(), {});
  EXPECT_EQ(walk(trees, root), made_);
}

TEST_F(TreesAheadTest, TheSameDirectoryInManyPlacesIsReadOnce) {
  const Id shared = make_tree(0, 0, "shared");
  std::vector<Node> nodes;
  for (int i = 0; i < 20; ++i) nodes.push_back(make_directory("d" + std::to_string(i), shared));
  const Id root = maker_.add_tree(nodes);
  maker_.flush();
  waiting_.forget();
  TreesAhead trees(maker_.repository(), {});
  trees.expect(root);
  EXPECT_EQ(walk(trees, root), 21U);
  EXPECT_EQ(loads(), 2U);
}

TEST_F(TreesAheadTest, WhatIsMetAgainNeedNotBeExpected) {
  const Id shared = make_tree(2, 3, "shared");
  std::vector<Id> roots;
  for (int i = 0; i < 20; ++i) {
    roots.push_back(
        maker_.add_tree({make_symlink(std::to_string(i), "x"), make_directory("z", shared)}));
    maker_.flush();
  }
  const Id last = make_tree(0, 0, "last");
  waiting_.forget();
  {
    TreesAhead trees(maker_.repository(), {}, TreesMetAgain::kLeftOut);
    trees.expect(roots.front());
    EXPECT_EQ(walk(trees, roots.front()), made_);  // and not the last
    for (std::size_t i = 1; i < roots.size(); ++i) {
      trees.expect(roots[i]);
      EXPECT_FALSE(trees.take(roots[i], {}).empty());
    }
    // What comes last is on its way, and so is all that was expected before it.
    waiting_.hold(kPackLoads);
    trees.expect(last);
    EXPECT_TRUE(waiting_.wait_until_waiting(1));
    waiting_.release();
    EXPECT_FALSE(trees.take(last, {}).empty());
  }
  EXPECT_EQ(loads(), made_ + roots.size()) << "what is shared is not loaded for each of them";
  // Should it be asked for all the same, it is there.
  EXPECT_FALSE(
      TreesAhead(maker_.repository(), {}, TreesMetAgain::kLeftOut).take(shared, {}).empty());
}

TEST_F(TreesAheadTest, ATreeThatCannotBeReadFailsWhoAsksForItAlone) {
  const Id bad = make_tree(0, 0, "bad");
  const Id good = make_tree(0, 0, "good");
  const Id missing = test::numbered_id(9);
  const Id root = maker_.add_tree(
      {make_directory("bad", bad), make_directory("good", good), make_directory("no", missing)});
  maker_.flush();
  maker_.damage({BlobType::kTree, bad});
  TreesAhead trees(maker_.repository(), {});
  trees.expect(root);
  trees.take(root, {});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, bad.short_hex(), [&] { trees.take(bad, {}); }));
  EXPECT_TRUE(
      fails_with(ErrorCode::kNotFound, missing.short_hex(), [&] { trees.take(missing, {}); }));
  EXPECT_FALSE(trees.take(good, {}).empty());
}

TEST_F(TreesAheadTest, AStopLetsGoOfWhoWaits) {
  const Id root = make_tree(1, 3, "x");
  waiting_.hold(kPackLoads);
  StopSource stop;
  TreesAhead trees(maker_.repository(), stop.get_token());
  trees.expect(root);
  ASSERT_TRUE(waiting_.wait_until_waiting(1));
  auto taking = std::async(std::launch::async, [&] { trees.take(root, stop.get_token()); });
  stop.request_stop();
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, "", [&] { taking.get(); }));
}

TEST_F(TreesAheadTest, WithoutThreadsWhoeverAsksLoads) {
  const Id root = make_tree(2, 3, "x");
  const test::NoMoreThreads none;
  TreesAhead trees(maker_.repository(), {});
  trees.expect(root);
  EXPECT_EQ(walk(trees, root), made_);
}

TEST_F(TreesAheadTest, WhereStorageIsNearEachIsReadWhenItIsAskedFor) {
  const Id root = make_tree(2, 3, "x");
  test::WaitingBackend near_storage(memory_,
                                    StorageTraits{.requests = static_cast<unsigned>(core_count())});
  Repository repository(near_storage, as_bytes(test::kPassword), {}, {});
  repository.load_index({});
  near_storage.forget();
  TreesAhead trees(repository, {});
  trees.expect(root);
  EXPECT_EQ(near_storage.count(kPackLoads), 0U);
  EXPECT_EQ(walk(trees, root), made_);
  EXPECT_EQ(near_storage.most_at_once(), 1U);
}

}  // namespace
}  // namespace snapfs
