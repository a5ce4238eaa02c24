// What items are called in the snapshot.
#include "cli/output/snapshot_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output/current_files.h"
#include "tests/support/memory_source.h"

namespace snapfs {
namespace {

SnapshotPaths paths_of(const std::vector<std::string>& targets) {
  MemorySource source("/work/here");
  source.add_file("/work/here/s/a", "");
  source.add_file("/work/s/b", "");
  source.add_file("/s/c", "");
  return SnapshotPaths(resolve_targets(targets, "/work/here", source));
}

TEST(SnapshotPaths, RelativeTargetsLieAtTheRoot) {
  EXPECT_EQ(paths_of({"s"}).stored_path("s/a"), "/s/a");
  EXPECT_EQ(paths_of({"."}).stored_path("s/a"), "/s/a");
  EXPECT_EQ(paths_of({"../s"}).stored_path("../s/b"), "/s/b");
  EXPECT_EQ(paths_of({"/s"}).stored_path("/s/c"), "/s/c");
}

TEST(SnapshotPaths, NamesThatWereTakenGetANumber) {
  const SnapshotPaths paths = paths_of({"/s", "s", "../s"});
  EXPECT_EQ(paths.stored_path("/s/c"), "/s/c");
  EXPECT_EQ(paths.stored_path("s/a"), "/s-1/a");
  EXPECT_EQ(paths.stored_path("../s/b"), "/s-2/b");
}

TEST(SnapshotPaths, PlacesCanBeAdded) {
  SnapshotPaths paths = paths_of({"/s"});
  paths.add("/mnt/x", "/data");
  EXPECT_EQ(paths.stored_path("/mnt/x"), "/data");
  EXPECT_EQ(paths.stored_path("/mnt/x/y"), "/data/y");
  EXPECT_EQ(paths.stored_path("/mnt/xy"), "/mnt/xy");
  paths.add(".", "/dot");
  EXPECT_EQ(paths.stored_path("."), "/dot");
  EXPECT_EQ(paths.stored_path("y"), "/dot/y");
  EXPECT_EQ(paths.stored_path("../y"), "../y");
  paths.add("/", "/all");
  EXPECT_EQ(paths.stored_path("/y"), "/all/y");
}

TEST(CurrentFiles, AreThoseThatAreBeingRead) {
  struct Listener final : Progress {
    void show_warning(const std::string& /*path*/, const std::string& /*message*/) override {}
    void begin_file(const CurrentFile& file) override { files.begin(file); }
    void end_file(const CurrentFile& file) noexcept override { files.end(file); }
    CurrentFiles files;
  } listener;
  const SnapshotPaths paths = paths_of({"s"});
  const std::string directory = "s";
  const std::string one = "one";
  const std::string two = "two";
  {
    const CurrentFile first(listener, directory, one);
    const CurrentFile second(listener, directory, two);
    EXPECT_THAT(listener.files.paths(paths), ::testing::ElementsAre("/s/one", "/s/two"));
  }
  EXPECT_THAT(listener.files.paths(paths), ::testing::IsEmpty());
}

}  // namespace
}  // namespace snapfs
