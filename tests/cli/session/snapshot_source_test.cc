// What the options make the source of a snapshot.
#include "cli/session/snapshot_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/option/global_options.h"
#include "cli/option/snapshot_options.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using ::testing::ElementsAre;

class SnapshotSourceTest : public ::testing::Test {
 protected:
  std::vector<std::string> paths() { return SnapshotSource(global_, options_, {}).targets().paths; }

  ::testing::AssertionResult refused(std::string_view words) {
    return fails_with(ErrorCode::kUsage, words, [&] { SnapshotSource(global_, options_, {}); });
  }

  GlobalOptions global_;
  SnapshotOptions options_;
};

TEST_F(SnapshotSourceTest, NothingIsNoTarget) { EXPECT_TRUE(refused("nothing to snapshot")); }

TEST_F(SnapshotSourceTest, StreamsHaveTheNameThatTheyAreGiven) {
  global_.stdin_is_data = true;
  EXPECT_THAT(paths(), ElementsAre("/stdin"));
  options_.stdin_filename = "a//./b/";
  EXPECT_THAT(paths(), ElementsAre("/a/b"));
  options_.stdin_filename = "../x";
  EXPECT_THAT(paths(), ElementsAre("/x"));
  for (const char* name : {"", ".", "/", "a/..", ".."}) {
    options_.stdin_filename = name;
    EXPECT_TRUE(refused("no name for a file")) << name;
  }
}

TEST_F(SnapshotSourceTest, StreamsAreAlone) {
  global_.stdin_is_data = true;
  options_.targets = {"/etc"};
  EXPECT_TRUE(refused("--stdin"));
  options_.targets.clear();
  options_.as_path = "/x";
  EXPECT_TRUE(refused("--as-path"));
}

TEST_F(SnapshotSourceTest, CommandNeedsAName) {
  options_.stdin_from_command = true;
  EXPECT_TRUE(refused("--stdin-from-command"));
  options_.targets = {"no-such-program"};  // not started before it is read
  EXPECT_THAT(paths(), ElementsAre("/stdin"));
}

TEST_F(SnapshotSourceTest, OneTargetCanBePlacedElsewhere) {
  options_.targets = {"/"};
  options_.as_path = "/x/../data//y";
  EXPECT_THAT(paths(), ElementsAre("/data/y"));
  const SnapshotSource source(global_, options_, {});
  EXPECT_EQ(source.stored_paths().stored_path("/etc"), "/data/y/etc");
  options_.targets = {"/", "/"};
  EXPECT_TRUE(refused("name one"));
}

TEST_F(SnapshotSourceTest, PlacesAreAbsoluteAndNotTheRoot) {
  options_.targets = {"/"};
  for (const char* path : {"data", "./x"}) {
    options_.as_path = path;
    EXPECT_TRUE(refused("absolute")) << path;
  }
  for (const char* path : {"/", "//", "/x/.."}) {
    options_.as_path = path;
    EXPECT_TRUE(refused("\"/\"")) << path;
  }
}

}  // namespace
}  // namespace snapfs
