// Walks over many trees at once: each is met once, whatever is shared, missing or damaged.
#include "fs/tree/tree_walk.h"

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/core_count.h"
#include "fs/base/synchronized.h"
#include "fs/format/huge_blob.h"
#include "fs/repo/repository.h"
#include "fs/tree/tree_references.h"
#include "fs/tree/used_blobs.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::FaultBackend;
using test::make_directory;
using test::numbered_id;

class TreeWalkTest : public ::testing::Test {
 protected:
  TreeWalkTest() : faults_(memory_), maker_(faults_) {}

  /// A directory of `width` directories of … files, `depth` levels deep; `salt` makes it another.
  Id make_tree(int depth, int width, const std::string& salt) {
    std::vector<Node> nodes;
    for (int i = 0; i < width; ++i) {
      const std::string name = salt + std::to_string(i);
      if (depth == 0) {
        const std::string content = salt + "content" + std::to_string(i);
        nodes.push_back(maker_.make_file(name, {content}));
      } else {
        nodes.push_back(make_directory(name, make_tree(depth - 1, width, salt + name)));
      }
    }
    const Id tree = maker_.add_tree(nodes);
    expected_.insert(tree);
    return tree;
  }

  std::map<Id, int> walk(const std::vector<Id>& roots, const TreeFailed& failed = nullptr) {
    Synchronized<std::map<Id, int>> visits;
    const VisitTree visit = [&](const Id& tree, Bytes&& blob, std::vector<Id>& next) {
      ++(*visits.lock())[tree];
      next = read_references(std::move(blob)).subtrees;
    };
    walk_trees(maker_.repository(), roots, visit, {}, failed);
    return *visits.lock();
  }

  static std::set<Id> keys(const std::map<Id, int>& visits) {
    std::set<Id> ids;
    for (const auto& [id, count] : visits) {
      EXPECT_EQ(count, 1) << id.short_hex();
      ids.insert(id);
    }
    return ids;
  }

  MemoryBackend memory_;
  FaultBackend faults_;
  test::RepositoryMaker maker_;
  std::set<Id> expected_;
};

TEST_F(TreeWalkTest, MeetsEveryTreeOnce) {
  const Id shared = make_tree(2, 5, "shared");
  std::vector<Id> roots;
  for (int i = 0; i < 20; ++i) {
    const Id own = make_tree(1, 4, "own" + std::to_string(i));
    roots.push_back(maker_.add_tree(
        {make_directory("a", shared), make_directory("b", own), make_directory("c", shared)}));
    expected_.insert(roots.back());
  }
  roots.push_back(roots.front());
  maker_.flush();
  EXPECT_EQ(keys(walk(roots)), expected_);
}

TEST_F(TreeWalkTest, OfNothingVisitsNothing) { EXPECT_TRUE(walk({}).empty()); }

TEST_F(TreeWalkTest, ReadsTreesThatLieTogetherAtOnce) {
  const Id root = make_tree(2, 12, "x");
  maker_.flush();
  const std::size_t before = faults_.ended({BackendCall::kLoad, FileKind::kPack});
  EXPECT_EQ(walk({root}).size(), expected_.size());
  const std::size_t loads = faults_.ended({BackendCall::kLoad, FileKind::kPack}) - before;
  EXPECT_LT(loads, expected_.size() / 3);
}

TEST_F(TreeWalkTest, VisitsOneHugeTreeAtATime) {
  if (core_count() == 1) GTEST_SKIP() << "there is one visitor in any case";
  std::vector<Id> roots;
  for (char c = 'a'; c <= 'd'; ++c) {
    const std::string text(HugeBlobs::kMostBytes / 2, c);
    roots.push_back(maker_.add_tree_text(R"({"nodes":[],"x":")" + text + "\"}\n"));
  }
  maker_.flush();
  constexpr int kPatience = 1000;
  std::atomic<int> visitors = 0;
  std::atomic<bool> met = false;
  std::atomic<std::size_t> visits = 0;
  const VisitTree visit = [&](const Id&, Bytes&&, std::vector<Id>&) {
    ++visitors;
    for (int i = 0; i < kPatience && !met; ++i) {
      met = met || visitors > 1;
      std::this_thread::yield();
    }
    --visitors;
    ++visits;
  };
  walk_trees(maker_.repository(), roots, visit, {});
  EXPECT_EQ(visits, roots.size());
  EXPECT_FALSE(met);
}

TEST_F(TreeWalkTest, GoesNoFurtherThanItIsTold) {
  const Id root = make_tree(2, 3, "x");
  maker_.flush();
  Synchronized<std::vector<Id>> visits;
  const std::vector<Id> roots = {root};
  walk_trees(maker_.repository(), roots,
             [&](const Id& tree, Bytes&&, std::vector<Id>&) { visits.lock()->push_back(tree); },
             {});
  EXPECT_EQ(*visits.lock(), roots);
}

TEST_F(TreeWalkTest, GoesOnFromWhatAnotherOneSaw) {
  const Id shared = make_tree(1, 3, "shared");
  const Id first = maker_.add_tree({make_directory("a", shared)});
  const Id second = maker_.add_tree({make_directory("b", shared)});
  maker_.flush();
  SeenTrees seen(maker_.repository());
  std::vector<std::size_t> counts;
  for (const Id& root : {first, second, second}) {
    std::atomic<std::size_t> count = 0;
    const std::vector<Id> roots = {root};
    const VisitTree visit = [&](const Id&, Bytes&& blob, std::vector<Id>& next) {
      ++count;
      next = read_references(std::move(blob)).subtrees;
    };
    walk_trees(maker_.repository(), roots, seen, visit, {});
    counts.push_back(count);
  }
  EXPECT_EQ(counts, (std::vector<std::size_t>{5, 1, 0}));
}

TEST_F(TreeWalkTest, NamesWhatItCouldNotReadAndVisitsTheRest) {
  const Id good = make_tree(1, 4, "good");
  const Id bad = make_tree(1, 4, "bad");
  const Id missing = numbered_id(9);
  const Id root = maker_.add_tree(
      {make_directory("a", good), make_directory("b", bad), make_directory("c", missing)});
  maker_.flush();
  maker_.damage({BlobType::kTree, bad});
  std::map<Id, ErrorCode> failures;
  const auto visited = walk({root, missing}, [&](const Id& tree, const Error& error) {
    EXPECT_TRUE(failures.emplace(tree, error.code()).second);
  });
  EXPECT_EQ(failures,
            (std::map<Id, ErrorCode>{{bad, ErrorCode::kDamaged}, {missing, ErrorCode::kNotFound}}));
  EXPECT_TRUE(visited.contains(good));
  EXPECT_EQ(visited.size(), 1U + 5U);
}

TEST_F(TreeWalkTest, StorageThatDoesNotAnswerEndsItAndIsNoFailureOfATree) {
  const Id root = make_tree(2, 12, "x");
  maker_.flush();
  const auto is_told = [](const Id&, const Error&) { ADD_FAILURE() << "it is no tree's"; };
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kWrongCredentials}) {
    faults_.fail({BackendCall::kLoad, FileKind::kPack}, 2, code, FaultBackend::kForever);
    EXPECT_TRUE(fails_with(code, "planted", [&] { walk({root}, is_told); }));
    faults_.clear_faults();
  }
}

TEST_F(TreeWalkTest, ThrowsWhenNobodyHearsOfFailures) {
  const Id bad = make_tree(1, 4, "bad");
  const Id root = maker_.add_tree({make_directory("b", bad)});
  maker_.flush();
  maker_.damage({BlobType::kTree, bad});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, bad.short_hex(), [&] { walk({root}); }));
}

TEST_F(TreeWalkTest, FindsTheIntactOneOfTwoCopies) {
  const Id root = make_tree(0, 4, "x");
  maker_.flush();
  const Bytes text = maker_.repository().load_blob({BlobType::kTree, root}, {});
  maker_.damage({BlobType::kTree, root});
  maker_.add_second_copy({BlobType::kTree, root}, as_text(text));
  EXPECT_EQ(keys(walk({root})), std::set<Id>{root});
}

TEST_F(TreeWalkTest, AFaultThatPassesIsNoFault) {
  const Id root = make_tree(2, 4, "x");
  maker_.flush();
  faults_.fail({BackendCall::kLoad, FileKind::kPack}, 2, ErrorCode::kIo);
  EXPECT_EQ(keys(walk({root})), expected_);
}

TEST_F(TreeWalkTest, StopsWhenAsked) {
  const Id root = make_tree(2, 4, "x");
  maker_.flush();
  StopSource source;
  const std::vector<Id> roots = {root};
  const VisitTree visit = [&](const Id&, Bytes&& blob, std::vector<Id>& next) {
    source.request_stop();
    next = read_references(std::move(blob)).subtrees;
  };
  const auto run = [&] {
    walk_trees(maker_.repository(), roots, visit, source.get_token(),
               [](const Id&, const Error&) { ADD_FAILURE() << "a stop is no failure of a tree"; });
  };
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, run));
}

TEST_F(TreeWalkTest, UsedBlobsAreTreesAndContents) {
  const Id root = make_tree(2, 4, "x");
  const Id unused = maker_.add_data("nobody wants this");
  const Id other = maker_.add_tree({maker_.make_file("f", {"in no snapshot"})});
  maker_.flush();
  const std::vector<Id> roots = {root};
  const BlobSet used = find_used_blobs(maker_.repository(), roots, {});
  for (const Id& tree : expected_) EXPECT_TRUE(used.contains({BlobType::kTree, tree}));
  EXPECT_FALSE(used.contains({BlobType::kData, unused}));
  EXPECT_FALSE(used.contains({BlobType::kTree, other}));
  EXPECT_EQ(used.size(), expected_.size() + 64);
}

TEST_F(TreeWalkTest, AContentThatIsInNoIndexIsAnError) {
  Node file = test::make_node("f", NodeType::kFile);
  file.content = {numbered_id(3)};
  const std::vector<Id> roots = {maker_.add_tree({file})};
  maker_.flush();
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "is in no index",
                         [&] { find_used_blobs(maker_.repository(), roots, {}); }));
}

}  // namespace
}  // namespace snapfs
