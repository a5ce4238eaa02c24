// A snapshot that is read in the place of what it is of. Here it is a copy of a directory: what
// only real file systems have, mountpoints and subvolumes, tests/compat/source_snapshot_test.py
// has.
#include "archiver/source/frozen.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archiver/source/local.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;

std::string content(SourceFile& file) {
  Bytes buffer(100);
  return std::string(as_text(ByteView(buffer).first(file.read(buffer))));
}

class FrozenSourceTest : public ::testing::Test {
 protected:
  FrozenSourceTest() {
    live_.write("file", "old");
    live_.write("sub/below", "old");
    outside_.write("else", "live");
    std::filesystem::create_symlink(outside_.path(), live_ / "out");
    std::filesystem::create_directory_symlink(live_ / "sub", outside_ / "in");
    std::filesystem::copy(
        live_.path(), frozen_.path(),
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
    live_.write("file", "changed");
    live_.write("sub/below", "changed");
    live_.write("new", "new");
  }

  FrozenSource source(std::vector<std::string> borders = {},
                      std::vector<std::string> frozen_borders = {}) {
    FrozenFiles files;
    files.mounts = read_mount_table();
    const UniqueFd live = open_file(live_.path(), O_PATH | O_DIRECTORY);
    struct stat status {};
    EXPECT_EQ(::fstat(live.get(), &status), 0);
    const MountEntry mount = mount_of_descriptor(files.mounts, live.get()).value();
    files.roots.push_back({.device = status.st_dev,
                           .root = path_in_file_system(mount, live_.path().string()).value(),
                           .directory = open_file(frozen_.path(), O_RDONLY | O_DIRECTORY)});
    files.borders = std::move(borders);
    files.frozen_borders = std::move(frozen_borders);
    return FrozenSource(std::move(files));
  }

  test::TemporaryDirectory live_;
  test::TemporaryDirectory frozen_;
  test::TemporaryDirectory outside_;
};

TEST_F(FrozenSourceTest, FilesAreAsTheyWereUnderTheNamesThatTheyHave) {
  const FrozenSource source = this->source();
  const auto directory = source.enter(live_.path());
  EXPECT_THAT(directory->list(), ElementsAre("file", "out", "sub"));
  const auto file = directory->open_file("file");
  EXPECT_EQ(content(*file), "old");
  EXPECT_EQ(file->path(), live_ / "file");
  EXPECT_EQ(directory->lstat("file").size, 3U);
  EXPECT_EQ(content(*directory->open_dir("sub")->open_file("below")), "old");
  EXPECT_EQ(directory->read_link("out"), outside_.path().string());
  EXPECT_THROW(directory->lstat("new"), SourceError);
  EXPECT_EQ(source.lstat(live_ / "file").size, 3U);
  EXPECT_THAT(source.list(live_ / "sub"), ElementsAre("below"));
}

TEST_F(FrozenSourceTest, NothingVanishesFromASnapshot) {
  const FrozenSource source = this->source();
  const auto directory = source.enter(live_.path())->open_dir("sub");
  EXPECT_THAT(directory->list(), ElementsAre("below"));
  std::filesystem::remove(frozen_ / "sub/below");
  const auto vanished = [&](const auto& action) {
    try {
      action();
    } catch (const SourceError& error) {
      return error.vanished();
    }
    ADD_FAILURE() << "nothing is wrong";
    return false;
  };
  EXPECT_FALSE(vanished([&] { directory->lstat("below"); })) << "it was listed";
  EXPECT_FALSE(vanished([&] { directory->open_file("below"); }));
  EXPECT_FALSE(vanished([&] { directory->read_link("below"); }));
  EXPECT_FALSE(vanished([&] { directory->open_dir("below"); }));
  EXPECT_TRUE(vanished([&] { directory->lstat("never"); }));
}

TEST_F(FrozenSourceTest, ADirectoryAboveLeadsIn) {
  const FrozenSource source = this->source();
  const auto above = source.enter(live_.path().parent_path());
  const std::string name = live_.path().filename();
  EXPECT_THAT(above->open_dir(name)->list(), ElementsAre("file", "out", "sub"));
  EXPECT_THAT(above->enter(name)->list(), ElementsAre("file", "out", "sub"));
  const SourceMetadata top = above->lstat(name);
  EXPECT_EQ(top.inode, LocalSource().enter(frozen_.path())->metadata().inode);
}

TEST_F(FrozenSourceTest, LinksLeadInAndOut) {
  const FrozenSource source = this->source();
  EXPECT_EQ(content(*source.enter(outside_.path())->enter("in")->open_file("below")), "old");
  EXPECT_EQ(content(*source.enter(live_.path())->enter("out")->open_file("else")), "live");
}

TEST_F(FrozenSourceTest, OtherFilesAreReadAsTheyAre) {
  const FrozenSource source = this->source();
  outside_.write("else", "now");
  EXPECT_EQ(content(*source.enter(outside_.path())->open_file("else")), "now");
}

TEST_F(FrozenSourceTest, AtABorderTheLivePathCounts) {
  // A file that another one is mounted on, and a directory that nothing is mounted on any more.
  const FrozenSource source = this->source({live_ / "file", live_ / "sub"});
  const auto directory = source.enter(live_.path());
  EXPECT_EQ(directory->lstat("file").size, 7U);
  EXPECT_EQ(content(*directory->open_file("file")), "changed");
  EXPECT_EQ(content(*directory->open_dir("sub")->open_file("below")), "old");
  std::filesystem::remove(live_ / "file");
  EXPECT_THROW(directory->lstat("file"), SourceError);
}

TEST_F(FrozenSourceTest, WhatIsFrozenAtABorderIsReadWhateverBecomesOfTheLivePath) {
  const FrozenSource source = this->source({live_ / "sub"}, {live_ / "sub", live_ / "nowhere"});
  std::filesystem::remove_all(live_ / "sub");
  const auto directory = source.enter(live_.path());
  EXPECT_TRUE(directory->lstat("sub").is_directory());
  EXPECT_EQ(content(*directory->open_dir("sub")->open_file("below")), "old");
  EXPECT_EQ(content(*directory->enter("sub")->open_file("below")), "old");
  EXPECT_TRUE(directory->attributes("sub").failures.empty());
}

TEST_F(FrozenSourceTest, WhatCannotBeReachedAtABorderHasNotVanished) {
  const FrozenSource source = this->source({live_ / "sub/below"});
  const auto directory = source.enter(live_.path())->open_dir("sub");
  std::filesystem::rename(live_ / "sub", live_ / "moved");
  try {
    directory->lstat("below");
    FAIL() << "it was reached";
  } catch (const SourceError& error) {
    EXPECT_FALSE(error.vanished());
  }
}

TEST_F(FrozenSourceTest, ABorderThatBecameALinkIsNotFollowed) {
  const FrozenSource source = this->source({live_ / "sub/below"});
  const auto directory = source.enter(live_.path())->open_dir("sub");
  std::filesystem::rename(live_ / "sub", live_ / "moved");
  std::filesystem::create_symlink(outside_.path(), live_ / "sub");
  outside_.write("below", "somebody else's");
  EXPECT_THROW(directory->open_file("below"), SourceError);
}

TEST_F(FrozenSourceTest, DeviceNumbersAreThoseOfTheLiveFiles) {
  const test::ScopedVariable variable("TMPDIR", "/dev/shm");
  if (::access("/dev/shm", W_OK) != 0) GTEST_SKIP() << "no second file system here";
  const test::TemporaryDirectory elsewhere;
  elsewhere.write("file", "old");
  elsewhere.make_directory("sub");
  const SourceMetadata live = LocalSource().lstat(live_.path());
  if (LocalSource().lstat(elsewhere.path()).device_id == live.device_id) {
    GTEST_SKIP() << "/dev/shm is no other file system than /tmp here";
  }
  FrozenFiles files;
  files.mounts = read_mount_table();
  const UniqueFd fd = open_file(live_.path(), O_PATH | O_DIRECTORY);
  const MountEntry mount = mount_of_descriptor(files.mounts, fd.get()).value();
  files.roots.push_back({.device = live.device_id,
                         .root = path_in_file_system(mount, live_.path().string()).value(),
                         .directory = open_file(elsewhere.path(), O_RDONLY | O_DIRECTORY)});
  const FrozenSource source(std::move(files));
  const auto has_the_device = Field(&SourceMetadata::device_id, live.device_id);
  const auto directory = source.enter(live_.path());
  EXPECT_THAT(directory->metadata(), has_the_device);
  EXPECT_THAT(directory->lstat("file"), has_the_device);
  EXPECT_THAT(directory->open_dir("sub")->metadata(), has_the_device);
  EXPECT_THAT(directory->open_file("file")->metadata(), has_the_device);
  EXPECT_THAT(directory->open_file("file")->current_metadata(), has_the_device);
  EXPECT_THAT(source.lstat(live_.path()), has_the_device);
}

TEST_F(FrozenSourceTest, NothingFrozenIsTheSameAsLocal) {
  const FrozenSource source({.roots = {}, .mounts = read_mount_table(), .borders = {}});
  EXPECT_EQ(source.lstat(live_ / "new"), LocalSource().lstat(live_ / "new"));
  EXPECT_EQ(source.lstat(live_ / "out"), LocalSource().lstat(live_ / "out"));
  EXPECT_EQ(source.lstat(live_ / "sub/"), LocalSource().lstat(live_ / "sub/"));
  EXPECT_EQ(source.list(live_.path()), LocalSource().list(live_.path()));
}

}  // namespace
}  // namespace snapfs
