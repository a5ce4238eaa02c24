// What the options of a restore come to, and which of them cannot be given together.
#include "cli/option/restore_options.h"

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

RestoreArguments good() {
  RestoreArguments arguments;
  arguments.snapshot = {"latest"};
  arguments.target = "/tmp/x";
  return arguments;
}

TEST(RestoreArguments, AskForSnapshotAndTarget) {
  RestoreArguments arguments;
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "no snapshot", [&] { arguments.options(); }));
  arguments.snapshot = {"a", "b"};
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "only one", [&] { arguments.options(); }));
  arguments.snapshot = {"a"};
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "--target", [&] { arguments.options(); }));
}

TEST(RestoreArguments, RefuseWhatExcludesEachOther) {
  RestoreArguments arguments = good();
  arguments.dry_run = arguments.verify = true;
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "--verify", [&] { arguments.options(); }));
  arguments = good();
  arguments.patterns.includes.patterns = {"a"};
  arguments.patterns.excludes.caseless_patterns = {"b"};
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "combined", [&] { arguments.options(); }));
  arguments = good();
  arguments.include_attributes = arguments.exclude_attributes = {"a"};
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "exclude each other", [&] { arguments.options(); }));
}

TEST(RestoreArguments, DeletingOutsidePathsIsAWayOfDeleting) {
  RestoreArguments arguments = good();
  arguments.delete_outside_paths = true;
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "give both", [&] { arguments.options(); }));
  arguments.remove_unexpected = true;
  EXPECT_TRUE(arguments.options().remove_unexpected);
}

TEST(RestoreArguments, DeletingFromTheRootNeedsAPattern) {
  for (const char* target : {"/", "//", "/./", "/tmp/.."}) {
    RestoreArguments arguments = good();
    arguments.target = target;
    arguments.remove_unexpected = true;
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "pattern", [&] { arguments.options(); })) << target;
    arguments.patterns.includes.patterns = {"/etc"};
    EXPECT_TRUE(arguments.options().remove_unexpected);
  }
}

TEST(RestoreArguments, WordsForOverwriting) {
  RestoreArguments arguments = good();
  EXPECT_EQ(arguments.options().overwrite, Overwrite::kAlways);
  arguments.overwrite = "if-newer";
  EXPECT_EQ(arguments.options().overwrite, Overwrite::kIfNewer);
  arguments.overwrite = "sometimes";
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "if-changed", [&] { arguments.options(); }));
}

TEST(RestoreArguments, WithoutPatternsNobodyIsAsked) {
  const RestoreOptions options = good().options();
  EXPECT_FALSE(options.select);
  EXPECT_FALSE(options.select_attribute);
}

TEST(RestoreArguments, ExcludesLeaveOutWhatIsBelow) {
  RestoreArguments arguments = good();
  arguments.patterns.excludes.patterns = {"*.o"};
  arguments.patterns.excludes.caseless_patterns = {"TMP"};
  const auto select = arguments.options().select;
  EXPECT_FALSE(select("/src/a.o", false).item);
  EXPECT_FALSE(select("/src/Tmp", true).item);
  EXPECT_FALSE(select("/src/Tmp", true).below);
  EXPECT_TRUE(select("/src", true).item);
  EXPECT_TRUE(select("/src", true).below);
}

TEST(RestoreArguments, IncludesLeadTheWay) {
  RestoreArguments arguments = good();
  arguments.patterns.includes.patterns = {"/a/b"};
  const auto select = arguments.options().select;
  EXPECT_FALSE(select("/a", true).item);
  EXPECT_TRUE(select("/a", true).below);
  EXPECT_TRUE(select("/a/b", true).item);
  EXPECT_TRUE(select("/a/b/c", false).item);
  EXPECT_FALSE(select("/c", true).below);
  EXPECT_FALSE(select("/a/c", false).item);
}

// As in restic: of a variable that is not set, nothing is let in, and nothing left out.
TEST(RestoreArguments, AnEmptyPatternMatchesNoAttribute) {
  RestoreArguments arguments = good();
  arguments.include_attributes = {""};
  ASSERT_TRUE(arguments.options().select_attribute);
  EXPECT_FALSE(arguments.options().select_attribute("user.a"));
  arguments.include_attributes = {"", "user.a"};
  EXPECT_TRUE(arguments.options().select_attribute("user.a"));
  EXPECT_FALSE(arguments.options().select_attribute("user.b"));
  arguments.include_attributes = {};
  arguments.exclude_attributes = {""};
  const auto select = arguments.options().select_attribute;
  EXPECT_TRUE(!select || select("user.a"));
}

TEST(RestoreArguments, AttributesByPattern) {
  RestoreArguments arguments = good();
  arguments.include_attributes = {"user.*"};
  EXPECT_TRUE(arguments.options().select_attribute("user.a"));
  EXPECT_FALSE(arguments.options().select_attribute("trusted.a"));
  arguments = good();
  arguments.exclude_attributes = {"user.*"};
  EXPECT_FALSE(arguments.options().select_attribute("user.a"));
  EXPECT_TRUE(arguments.options().select_attribute("trusted.a"));
}

}  // namespace
}  // namespace snapfs
