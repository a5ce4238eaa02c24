// What find finds, and how little it reads for it.
#include "fs/look/tree_search.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/look/search_rules.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::make_directory;
using test::make_node;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TreeSearchTest : public ::testing::Test {
 protected:
  Id tree_of(std::vector<Node> nodes) { return maker_.add_tree(std::move(nodes)); }
  static Node file(std::string name) { return make_node(std::move(name), NodeType::kFile); }

  std::vector<std::string> find(const Id& root, NameQuery query) {
    maker_.flush();
    const auto rule = make_name_rule(query);
    TreeSearch search(maker_.repository(), *rule, {});
    return run(search, root);
  }

  static std::vector<std::string> run(TreeSearch& search, const Id& root) {
    std::vector<std::string> paths;
    search.run(root, [&](const FoundNode& found) { paths.push_back(found.path); });
    return paths;
  }

  std::size_t loads() const {
    return backend_.ended({snapfs::test::BackendCall::kLoad, FileKind::kPack});
  }

  MemoryBackend memory_;
  snapfs::test::FaultBackend backend_{memory_};
  test::RepositoryMaker maker_{backend_};
};

TEST_F(TreeSearchTest, FindsNamesAnywhereAndAllBelowThem) {
  const Id deep = tree_of({file("x"), file("y")});
  const Id root = tree_of({make_directory("a", deep), make_directory("x", deep), file("z")});
  EXPECT_THAT(find(root, {.patterns = {"x"}}), ElementsAre("/a/x", "/x", "/x/x", "/x/y"));
  EXPECT_THAT(find(root, {.patterns = {"a/y", "z"}}), ElementsAre("/a/y", "/z"));
  EXPECT_THAT(find(root, {.patterns = {"/x/?"}}), ElementsAre("/x/x", "/x/y"));
  EXPECT_THAT(find(root, {.patterns = {"**/y"}}), ElementsAre("/a/y", "/x/y"));
  EXPECT_THAT(find(root, {.patterns = {""}}),
              ElementsAre("/a", "/a/x", "/a/y", "/x", "/x/x", "/x/y", "/z"));
  EXPECT_THAT(find(root, {.patterns = {"X"}}), IsEmpty());
  EXPECT_THAT(find(root, {.patterns = {"Z"}, .ignore_case = true}), ElementsAre("/z"));
}

TEST_F(TreeSearchTest, GoesByTimesWithBothEnds) {
  std::vector<Node> nodes;
  for (int i = 1; i <= 4; ++i) {
    nodes.push_back(file(std::to_string(i)));
    nodes.back().mtime = {i, 0};
  }
  NameQuery query{.patterns = {"*"}};
  query.oldest = Timestamp{2, 0};
  query.newest = Timestamp{3, 0};
  EXPECT_THAT(find(tree_of(std::move(nodes)), query), ElementsAre("/2", "/3"));
}

TEST_F(TreeSearchTest, ReadsSharedDirectoriesOnceForAllSnapshots) {
  std::vector<Id> roots;
  const Id shared = tree_of({make_directory("deep", tree_of({file("wanted")}))});
  for (int i = 0; i < 20; ++i) {
    roots.push_back(tree_of({make_directory("shared", shared), file(std::to_string(i))}));
  }
  maker_.flush();
  const auto rule = make_name_rule({.patterns = {"wanted"}});
  TreeSearch search(maker_.repository(), *rule, {});
  const std::size_t before = loads();
  for (const Id& root : roots) {
    EXPECT_THAT(run(search, root), ElementsAre("/shared/deep/wanted"));
  }
  EXPECT_EQ(loads() - before, roots.size() + 2);
}

TEST_F(TreeSearchTest, ReadsADirectoryOnceWhereverItLies) {
  const Id shared = tree_of({file("wanted")});
  std::vector<Node> nodes;
  for (int i = 0; i < 20; ++i) nodes.push_back(make_directory(std::to_string(i), shared));
  const Id root = tree_of(std::move(nodes));
  maker_.flush();
  const std::size_t before = loads();
  EXPECT_EQ(find(root, {.patterns = {"wanted"}}).size(), 20U);
  EXPECT_EQ(loads() - before, 2U);
}

TEST_F(TreeSearchTest, EntersNoDirectoryThatCannotLeadToAMatch) {
  const Id below = tree_of({file("x")});
  const Id other = tree_of({file("y"), file("x")});
  const Id root = tree_of({make_directory("a", below), make_directory("b", other)});
  maker_.flush();
  const std::size_t before = loads();
  EXPECT_THAT(find(root, {.patterns = {"/a/x"}}), ElementsAre("/a/x"));
  EXPECT_EQ(loads() - before, 2U);
}

TEST_F(TreeSearchTest, TellsTheSameDirectoryApartByItsPath) {
  const Id same = tree_of({file("x")});
  const Id root = tree_of({make_directory("a", same), make_directory("b", same)});
  EXPECT_THAT(find(root, {.patterns = {"b/x"}}), ElementsAre("/b/x"));
}

TEST_F(TreeSearchTest, FindsFilesByTheirBlobsAndDirectoriesByTheirTrees) {
  const Node wanted = maker_.make_file("wanted", {"one", "two"});
  const Node other = maker_.make_file("other", {"three"});
  const Id below = tree_of({wanted, other});
  const Id root = tree_of({make_directory("d", below), other});
  maker_.flush();
  BlobChoice data;
  BlobChoice trees;
  data.add(IdPrefix::parse(wanted.content[1].hex().substr(0, 10)).value());
  trees.add(below);
  const auto rule = make_blob_rule(data, trees);
  TreeSearch search(maker_.repository(), *rule, {});
  EXPECT_THAT(run(search, root), ElementsAre("/d", "/d/wanted"));
}

TEST_F(TreeSearchTest, GoesOnWhereADirectoryCannotBeRead) {
  const Id missing = Id::parse(std::string(64, '1')).value();
  const Id root = tree_of({make_directory("gone", missing), file("x")});
  maker_.flush();
  const auto rule = make_name_rule({.patterns = {"x"}});
  TreeSearch search(maker_.repository(), *rule, {});
  EXPECT_THAT(run(search, root), ElementsAre("/x"));
  EXPECT_TRUE(search.unreadable().contains(missing));
}

TEST_F(TreeSearchTest, SearchesATreeOnceInEachStateHoweverManyPathsLeadToIt) {
  Id tree = tree_of({file("f")});
  for (int i = 0; i < 40; ++i) {
    tree = tree_of({make_directory("l", tree), make_directory("r", tree)});
  }
  const Id root = tree_of({make_directory("a", tree), file("g")});
  EXPECT_THAT(find(root, {.patterns = {"/**/x", "r/**/x/f", "l/r/x", "g"}}), ElementsAre("/g"));
}

}  // namespace
}  // namespace snapfs
