// Snapshots walked in the order of their paths.
#include "fs/tree/ordered_walk.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::make_directory;
using test::make_node;
using test::make_symlink;
using ::testing::ElementsAre;

class OrderedWalkTest : public ::testing::Test, protected WalkVisitor {
 protected:
  Id tree_of(std::vector<Node> nodes) { return maker_.add_tree(std::move(nodes)); }

  std::vector<std::string> walk(const Id& root, const WalkInto& into = everywhere) {
    maker_.flush();
    seen_.clear();
    walk_in_order(maker_.repository(), root, into, *this, {});
    return seen_;
  }

  static bool everywhere(const WalkPlace&, const Node&) { return true; }

  void node(const std::string& path, Node& node) override {
    seen_.push_back(path + (node.subtree ? "/" : ""));
  }
  void leave(const std::string& path) override { seen_.push_back("left " + path); }

  MemoryBackend memory_;
  snapfs::test::FaultBackend backend_{memory_};
  test::RepositoryMaker maker_{backend_};
  std::vector<std::string> seen_;
};

TEST_F(OrderedWalkTest, GoesIntoADirectoryBetweenItsNeighbours) {
  const Id inner = tree_of({make_node("z", NodeType::kFile), make_node("a", NodeType::kFifo)});
  const Id root = tree_of({make_directory("b", inner), make_symlink("c", "target"),
                           make_node("a", NodeType::kFile), make_directory("d", tree_of({}))});
  EXPECT_THAT(walk(root),
              ElementsAre("/a", "/b/", "/b/a", "/b/z", "left /b", "/c", "/d/", "left /d"));
}

TEST_F(OrderedWalkTest, EntersOnlyWhatItIsToldTo) {
  const Id inner = tree_of({make_node("x", NodeType::kFile)});
  const Id root = tree_of({make_directory("a", inner), make_directory("b", inner)});
  const auto into = [](const WalkPlace& place, const Node&) { return place.path() == "/b"; };
  EXPECT_THAT(walk(root, into), ElementsAre("/a/", "/b/", "/b/x", "left /b"));
}

TEST_F(OrderedWalkTest, ReadsDirectoriesThatLieTogetherAtOnce) {
  std::vector<Node> nodes;
  for (int i = 0; i < 100; ++i) {
    const std::string name = std::to_string(i);
    nodes.push_back(make_directory(name, tree_of({make_node(name, NodeType::kFile)})));
  }
  const Id root = tree_of(std::move(nodes));
  maker_.flush();
  const snapfs::test::CallFilter loads{snapfs::test::BackendCall::kLoad, FileKind::kPack};
  const std::size_t before = backend_.ended(loads);
  EXPECT_EQ(walk(root).size(), 300U);
  EXPECT_LT(backend_.ended(loads) - before, 101U / 3);
}

TEST_F(OrderedWalkTest, IsAsDeepAsASnapshotIs) {
  Id tree = tree_of({});
  for (int i = 0; i < 5000; ++i) tree = tree_of({make_directory("d", tree)});
  EXPECT_EQ(walk(tree).size(), 10000U);
}

TEST_F(OrderedWalkTest, FailsAtADirectoryThatCannotBeRead) {
  const Id missing = Id::parse(std::string(64, '1')).value();
  EXPECT_THROW(walk(tree_of({make_directory("gone", missing)})), Error);
}

class ForgivingWalkTest : public OrderedWalkTest {
 protected:
  void unreadable(const std::string& path, const Id&, const Error&) override {
    seen_.push_back("cannot read " + path);
  }
};

TEST_F(ForgivingWalkTest, GoesOnBehindADirectoryThatCannotBeRead) {
  const Id missing = Id::parse(std::string(64, '1')).value();
  const Id root = tree_of({make_directory("a", missing), make_node("b", NodeType::kFile)});
  EXPECT_THAT(walk(root), ElementsAre("/a/", "cannot read /a", "left /a", "/b"));
}

}  // namespace
}  // namespace snapfs
