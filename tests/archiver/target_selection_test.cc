// Rules applied to the entries of ".", and of a target above another one.
#include "archiver/target_selection.h"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/memory_source.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Names = std::vector<std::string>;

class EmptiedDirectories final : public SelectionObserver {
 public:
  Names paths;

 private:
  void rule_failed(const std::string& /*path*/, const std::string& /*message*/) override {}
  void left_out(const std::string& /*path*/, const std::string& /*message*/) override {}
  void nothing_left(const std::string& path) override { paths.push_back(path); }
};

class TargetSelection : public ::testing::Test {
 protected:
  TargetSelection() : source_("/home/me") {
    for (const char* path : {"/home/me/a", "/home/me/b", "/home/me/tag", "/home/me/dir/one",
                             "/home/me/dir/tag", "/home/me/dir/sub/two", "/home/you/b"}) {
      source_.add_file(path, "");
    }
  }

  static SelectionRules rules(const Names& patterns, const Names& tags) {
    SelectionRules rules;
    const std::vector<PatternSource> sources = {{"--exclude", patterns}};
    rules.patterns.emplace_back(sources, LetterCase::kMatters);
    for (const std::string& tag : tags) rules.tags.emplace_back(tag);
    rules.working_directory = "/home/me";
    return rules;
  }

  /// The paths of the leaves that are left.
  Names left(const Names& targets, const SelectionRules& rules) {
    TargetTree tree = resolve_targets(targets, "/home/me", source_);
    EmptiedDirectories observer;
    remove_unselected(tree, source_, Selection(rules), observer);
    emptied_ = observer.paths;
    Names paths;
    for (const TargetRoot& root : tree.roots) add_leaves(root.node, paths);
    return paths;
  }

  static void add_leaves(const TargetNode& node, Names& paths) {
    if (node.leaf) paths.push_back(node.path);
    for (const TargetNode& child : node.children) add_leaves(child, paths);
  }

  MemorySource source_;
  Names emptied_;
};

TEST_F(TargetSelection, DirectoriesOfWhichNothingIsLeftAreNamed) {
  EXPECT_THAT(left({"."}, rules({"/home/me/*"}, {})), IsEmpty());
  EXPECT_THAT(emptied_, ElementsAre("."));
  left({".", "/home/you/b"}, rules({"*"}, {}));
  EXPECT_THAT(emptied_, ElementsAre("."));
  left({"."}, rules({"a"}, {}));
  EXPECT_THAT(emptied_, IsEmpty());
}

TEST_F(TargetSelection, PatternsApplyToEntries) {
  EXPECT_THAT(left({"."}, rules({"/home/me/a", "b"}, {})), ElementsAre("dir", "tag"));
  EXPECT_THAT(left({"."}, rules({"me"}, {})), IsEmpty());
  EXPECT_THAT(left({"."}, rules({}, {})), ElementsAre("a", "b", "dir", "tag"));
}

TEST_F(TargetSelection, ExplicitTargetsStay) {
  EXPECT_THAT(left({"a", "dir"}, rules({"*"}, {"tag"})), ElementsAre("a", "dir"));
  EXPECT_THAT(left({"a", "."}, rules({"*"}, {})), ElementsAre("a"));
  EXPECT_THAT(left({"dir", "dir/sub"}, rules({"dir"}, {})), ElementsAre("dir/sub"));
}

TEST_F(TargetSelection, TagsApplyToEntries) {
  EXPECT_THAT(left({"."}, rules({}, {"tag"})), ElementsAre("tag"));
  EXPECT_THAT(left({"dir", "dir/sub"}, rules({}, {"tag"})), ElementsAre("dir/sub", "dir/tag"));
  EXPECT_THAT(left({"dir", "dir/sub/two"}, rules({}, {"tag"})),
              ElementsAre("dir/sub/two", "dir/tag"));
}

/// The directories of two bases hold the same name; only one is excluded.
TEST_F(TargetSelection, EachBaseIsADirectoryOfItsOwn) {
  EXPECT_THAT(left({".", "/home/you/b"}, rules({"/home/me/?", "dir"}, {})),
              ElementsAre("/home/you/b", "tag"));
  EXPECT_THAT(left({".", "../you/b"}, rules({"b"}, {})),
              ElementsAre("a", "dir", "tag", "../you/b"));
}

TEST_F(TargetSelection, ADirectoryThatCannotBeEnteredIsLeftToTheWalk) {
  source_.fail("/home/me/dir", SourceOperation::kEnter, EACCES);
  EXPECT_THAT(left({"dir", "dir/sub"}, rules({"one"}, {})),
              ElementsAre("dir/one", "dir/sub", "dir/tag"));
}

}  // namespace
}  // namespace snapfs
