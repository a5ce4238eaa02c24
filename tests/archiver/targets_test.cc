// The shape of the tree for every kind of target (FORMAT §13.1).
#include "archiver/targets.h"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/memory_source.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void write(const TargetNode& node, std::string& out) {
  out += node.name;
  if (node.on_disk_name != node.name) out += "=" + node.on_disk_name;
  if (node.leaf) out += "@" + node.path;
  if (node.is_explicit) out += "!";
  if (node.children.empty()) return;
  out += "(";
  for (const TargetNode& child : node.children) {
    if (out.back() != '(') out += " ";
    write(child, out);
  }
  out += ")";
}

/// One line a root: "base: name(children…)", leaves as "name@path", explicit ones with "!".
std::vector<std::string> shape(const TargetTree& tree) {
  std::vector<std::string> lines;
  for (const TargetRoot& root : tree.roots) {
    std::string line = root.base + ": ";
    write(root.node, line);
    lines.push_back(line);
  }
  return lines;
}

class Targets : public ::testing::Test {
 protected:
  Targets() : source_("/home/me") {
    source_.add_file("/home/me/a", "");
    source_.add_file("/home/me/dir/one", "");
    source_.add_file("/home/me/dir/sub/two", "");
    source_.add_file("/home/me/tmp/foo", "");
    source_.add_file("/home/other/y", "");
    source_.add_file("/tmp/bar", "");
  }

  TargetTree resolve(const std::vector<std::string>& targets) {
    return resolve_targets(targets, "/home/me", source_);
  }

  MemorySource source_;
};

TEST_F(Targets, AbsoluteOnesNestFromTheRoot) {
  const TargetTree tree = resolve({"/home/me/dir/sub", "/home/me/a"});
  EXPECT_THAT(shape(tree), ElementsAre("/: home(me(a@/home/me/a! dir(sub@/home/me/dir/sub!)))"));
  EXPECT_EQ(tree.roots[0].node.path, "/home");
  EXPECT_EQ(tree.roots[0].node.children[0].path, "/home/me");
  EXPECT_THAT(tree.paths, ElementsAre("/home/me/dir/sub", "/home/me/a"));
}

TEST_F(Targets, RelativeOnesNestFromTheirFirstComponent) {
  const TargetTree tree = resolve({"dir/sub", "./a", "dir//one/"});
  EXPECT_THAT(shape(tree), ElementsAre(".: a@a!", ".: dir(one@dir/one! sub@dir/sub!)"));
  EXPECT_EQ(tree.roots[1].node.path, "dir");
  EXPECT_THAT(tree.paths, ElementsAre("/home/me/dir/sub", "/home/me/a", "/home/me/dir/one"));
}

TEST_F(Targets, DotsInFrontLeaveNoTraceInTheTree) {
  const TargetTree tree = resolve({"../other/y", "../../tmp/bar", "dir/../a"});
  EXPECT_THAT(shape(tree),
              ElementsAre(".: a@a!", "..: other(y@../other/y!)", "../..: tmp(bar@../../tmp/bar!)"));
  EXPECT_THAT(tree.paths, ElementsAre("/home/other/y", "/tmp/bar", "/home/me/a"));
}

TEST_F(Targets, ALinkAboveAnotherTargetIsFollowedForItsEntries) {
  source_.add_symlink("/home/me/link", "dir");
  EXPECT_THAT(shape(resolve({"link", "link/sub"})),
              ElementsAre(".: link!(one@link/one sub@link/sub!)"));
}

TEST_F(Targets, ANameTakenFromAnotherDirectoryIsRenamed) {
  EXPECT_THAT(shape(resolve({"/tmp/bar", "tmp/foo", "../../tmp/bar"})),
              ElementsAre("/: tmp(bar@/tmp/bar!)", ".: tmp-1=tmp(foo@tmp/foo!)",
                          "../..: tmp-2=tmp(bar@../../tmp/bar!)"));
}

TEST_F(Targets, ARenamedEntryIsFoundAgain) {
  source_.add_file("/home/me/tmp/more", "");
  EXPECT_THAT(shape(resolve({"/tmp/bar", "tmp/foo", "tmp/more"})),
              ElementsAre("/: tmp(bar@/tmp/bar!)", ".: tmp-1=tmp(foo@tmp/foo! more@tmp/more!)"));
}

TEST_F(Targets, ARenamedEntryDoesNotMixWithADirectoryOfThatName) {
  source_.add_file("/home/me/tmp-1/x", "");
  EXPECT_THAT(
      shape(resolve({"/tmp/bar", "tmp-1/x", "tmp/foo"})),
      ElementsAre("/: tmp(bar@/tmp/bar!)", ".: tmp-1(x@tmp-1/x!)", ".: tmp-2=tmp(foo@tmp/foo!)"));
}

TEST_F(Targets, AnAncestorOfAnotherTargetIsReplacedByItsEntries) {
  for (const auto& targets : {std::vector<std::string>{"dir", "dir/sub/two"},
                              std::vector<std::string>{"dir/sub/two", "dir"}}) {
    const TargetTree tree = resolve(targets);
    EXPECT_THAT(shape(tree), ElementsAre(".: dir!(one@dir/one sub(two@dir/sub/two!))"));
    EXPECT_THAT(tree.failures, IsEmpty());
  }
}

TEST_F(Targets, AnUnrolledAncestorSavesWhatLiesBesideTheOtherTarget) {
  source_.add_file("/home/me/dir/sub/three", "");
  EXPECT_THAT(
      shape(resolve({"/home/me", "/home/me/dir/sub/two"})),
      ElementsAre("/: home(me!(a@/home/me/a dir(one@/home/me/dir/one sub(three@/home/me/dir/sub/"
                  "three two@/home/me/dir/sub/two!)) tmp@/home/me/tmp))"));
}

TEST_F(Targets, ADirectoryWithoutANameIsReplacedByItsEntries) {
  const TargetTree here = resolve({"."});
  EXPECT_THAT(shape(here), ElementsAre(".: a@a", ".: dir@dir", ".: tmp@tmp"));
  EXPECT_THAT(here.paths, ElementsAre("/home/me"));
  EXPECT_THAT(shape(resolve({".."})), ElementsAre("..: me@../me", "..: other@../other"));
  EXPECT_THAT(shape(resolve({"/"})), ElementsAre("/: home@/home", "/: tmp@/tmp"));
}

/// As for restic, which uses identical targets once.
TEST_F(Targets, AnEntryThatIsAlsoNamedIsWhatItWasFirst) {
  EXPECT_THAT(shape(resolve({"a", "."})), ElementsAre(".: a@a!", ".: dir@dir", ".: tmp@tmp"));
  EXPECT_THAT(shape(resolve({".", "a"})), ElementsAre(".: a@a", ".: dir@dir", ".: tmp@tmp"));
}

TEST_F(Targets, RememberTheDeviceOfTheNearestTargetAbove) {
  const auto set_device = [this](const std::string& path, std::uint64_t device) {
    source_.update(path, [device](SourceMetadata& metadata) { metadata.device_id = device; });
  };
  set_device("/home/me", 1);
  set_device("/home/me/dir", 2);
  set_device("/home/me/dir/sub", 3);
  set_device("/home/me/dir/one", 4);
  const TargetTree nested = resolve({"dir", "dir/sub/two", "dir/sub"});
  const TargetNode& dir = nested.roots.at(0).node;
  EXPECT_EQ(dir.device, 2U);
  EXPECT_EQ(dir.children.at(0).device, 2U) << "an entry, on another device";
  EXPECT_EQ(dir.children.at(1).device, 3U) << "a target itself";
  const TargetTree entries = resolve({".", "../me/dir/sub"});
  for (const TargetRoot& root : entries.roots) {
    EXPECT_EQ(root.node.device, 1U) << root.node.name;
  }
  EXPECT_EQ(resolve({"/home/me/dir/sub"}).roots.at(0).node.device, 0U) << "above all targets";
}

TEST_F(Targets, TheSameTargetTwiceIsOnePlaceAndTwoPaths) {
  const TargetTree tree = resolve({"a", "./a", "a"});
  EXPECT_THAT(shape(tree), ElementsAre(".: a@a!"));
  EXPECT_THAT(tree.paths, ElementsAre("/home/me/a", "/home/me/a", "/home/me/a"));
}

TEST_F(Targets, MissingOnesAreReportedAndLeftOut) {
  const TargetTree tree = resolve({"missing", "a", "a/below", ""});
  EXPECT_THAT(shape(tree), ElementsAre(".: a@a!"));
  EXPECT_THAT(tree.paths, ElementsAre("/home/me/a"));
  ASSERT_EQ(tree.failures.size(), 3U);
  EXPECT_EQ(tree.failures[0].subject(), "missing");
  EXPECT_TRUE(tree.failures[0].vanished());
  EXPECT_EQ(tree.failures[1].error_number(), ENOTDIR);
}

TEST_F(Targets, NothingIsLeftWhenAllAreMissing) {
  const TargetTree tree = resolve({"missing"});
  EXPECT_THAT(tree.roots, IsEmpty());
  EXPECT_THAT(tree.paths, IsEmpty());
}

TEST_F(Targets, AnAncestorThatCannotBeListedKeepsWhatWasNamedBelowIt) {
  source_.fail("/home/me/dir", SourceOperation::kList, EACCES);
  const TargetTree tree = resolve({"dir", "dir/one"});
  EXPECT_THAT(shape(tree), ElementsAre(".: dir!(one@dir/one!)"));
  ASSERT_EQ(tree.failures.size(), 1U);
  EXPECT_EQ(tree.failures[0].code(), ErrorCode::kPermission);
}

TEST_F(Targets, ASymbolicLinkIsNotFollowedToFindOut) {
  source_.add_symlink("/home/me/dangling", "nowhere");
  source_.add_symlink("/home/me/link", "dir");
  EXPECT_THAT(shape(resolve({"dangling", "link/"})),
              ElementsAre(".: dangling@dangling!", ".: link@link!"));
}

TEST_F(Targets, NamesSortByBytes) {
  for (const char* name : {"/home/me/dir/\xc3\xa4", "/home/me/dir/Z", "/home/me/dir/z"}) {
    source_.add_file(name, "");
  }
  EXPECT_THAT(shape(resolve({"dir/\xc3\xa4", "dir/z", "dir/Z"})),
              ElementsAre(".: dir(Z@dir/Z! z@dir/z! \xc3\xa4@dir/\xc3\xa4!)"));
}

}  // namespace
}  // namespace snapfs
