// A target that holds something already: what is kept, what is replaced, what is never touched.
#include <signal.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <array>

#include <gmock/gmock.h>

#include "tests/fs/restore/restore_scene.h"

namespace snapfs::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void set_mtime(const std::string& path, Timestamp time) {
  const std::array<timespec, 2> times = {time.to_timespec(), time.to_timespec()};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW), 0);
}

class OverwriteTest : public RestoreTest {
 protected:
  Node node() { return file("file", {"first part, ", "second part"}); }
  static constexpr std::string_view kWhole = "first part, second part";
};

TEST_F(OverwriteTest, SameContentGetsOnlyMetadata) {
  put("file", kWhole);
  const ino_t before = status("file").st_ino;
  restore({node()});
  EXPECT_EQ(status("file").st_ino, before);
  EXPECT_EQ(Timestamp::from(status("file").st_mtim), node().mtime);
  EXPECT_THAT(progress.items(), ElementsAre("unchanged /file"));
  EXPECT_EQ(progress.files_total, 0U);
  EXPECT_EQ(progress.files_skipped, 1U);
  EXPECT_EQ(progress.bytes_skipped, kWhole.size());
}

TEST_F(OverwriteTest, WhatIsRightAlreadyIsNotWrittenAtAll) {
  restore({node()});
  const struct stat before = status("file");
  restore({node()});
  const struct stat after = status("file");
  EXPECT_EQ(Timestamp::from(before.st_ctim), Timestamp::from(after.st_ctim));
}

TEST_F(OverwriteTest, OnlyPartsThatDifferAreFetched) {
  put("file", "FIRST PART, second part");
  const Node wanted = node();
  maker.flush();
  maker.damage({BlobType::kData, wanted.content[1]});  // it could not be read
  restore({wanted});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(content("file"), kWhole);
  EXPECT_THAT(progress.items(), ElementsAre("updated /file"));
  EXPECT_EQ(progress.bytes_restored, kWhole.size());
}

TEST_F(OverwriteTest, LongerAndShorterFilesGetTheirSize) {
  put("file", std::string(kWhole) + " and more");
  put("short", "first");
  Node other = file("short", {"first", " and second"});
  restore({node(), other});
  EXPECT_EQ(content("file"), kWhole);
  EXPECT_EQ(content("short"), "first and second");
}

TEST_F(OverwriteTest, IfChangedTrustsSizeAndTime) {
  put("file", "FIRST PART, second part");
  set_mtime(at("file"), node().mtime);
  options.overwrite = Overwrite::kIfChanged;
  restore({node()});
  EXPECT_EQ(content("file"), "FIRST PART, second part");
  EXPECT_EQ(progress.files_skipped, 1U);

  set_mtime(at("file"), {1, 0});
  restore({node()});
  EXPECT_EQ(content("file"), kWhole);
}

TEST_F(OverwriteTest, IfNewerLooksAtTheTime) {
  put("file", "mine");
  set_mtime(at("file"), node().mtime);
  options.overwrite = Overwrite::kIfNewer;
  restore({node()});
  EXPECT_EQ(content("file"), "mine");

  set_mtime(at("file"), {node().mtime.seconds, node().mtime.nanoseconds - 1});
  restore({node()});
  EXPECT_EQ(content("file"), kWhole);
}

TEST_F(OverwriteTest, NeverLeavesEverythingThatExists) {
  put("file", "mine");
  put("link", "no link");
  options.overwrite = Overwrite::kNever;
  restore({node(), symlink("link", "elsewhere"), file("new", {"new"})});
  EXPECT_EQ(content("file"), "mine");
  EXPECT_EQ(content("link"), "no link");
  EXPECT_EQ(content("new"), "new");
  EXPECT_EQ(progress.files_skipped, 2U);
}

TEST_F(OverwriteTest, IncompleteFilesAreGoneOnWithWhateverTheOptionSays) {
  for (const Overwrite overwrite : {Overwrite::kNever, Overwrite::kIfNewer}) {
    put("file", "first");
    ASSERT_EQ(::chmod(at("file").c_str(), TargetFs::kIncomplete), 0);
    options.overwrite = overwrite;
    restore({node()});
    EXPECT_EQ(content("file"), kWhole);
    EXPECT_EQ(status("file").st_mode & 07777, 0644U);
  }
}

TEST_F(OverwriteTest, OtherTypesAreReplaced) {
  put("other", "other");
  scratch.make_directory("target/was directory");
  std::filesystem::create_symlink("other", at("was link"));
  put("was file", "x");
  restore({file("was directory", {"a"}), file("was link", {"b"}), symlink("was file", "c"),
           directory("other", {file("in it", {"d"})})});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(content("was directory"), "a");
  EXPECT_EQ(content("was link"), "b");
  EXPECT_TRUE(S_ISREG(status("was link").st_mode));
  EXPECT_EQ(link_target("was file"), "c");
  EXPECT_EQ(content("other/in it"), "d");
}

TEST_F(OverwriteTest, WhatIsLeftAloneIsNotReplacedByADirectory) {
  for (const Overwrite overwrite : {Overwrite::kNever, Overwrite::kIfNewer}) {
    std::filesystem::remove_all(target());
    put("folder", "mine");
    put("elsewhere/file", "mine, too");
    std::filesystem::create_directory_symlink("elsewhere", at("link"));
    const Node folder = directory("folder", {file("below", {"x"})});
    for (const char* name : {"folder", "link"}) set_mtime(at(name), folder.mtime);
    const std::uint64_t before = progress.errors;
    options.overwrite = overwrite;
    for (const bool dry_run : {true, false}) {
      options.dry_run = dry_run;
      restore({folder, directory("link", {file("file", {"y"})}), file("other", {"z"})});
    }
    ASSERT_EQ(progress.errors, before + 4);
    EXPECT_THAT(progress.failures(),
                Contains(HasSubstr("/folder: there is a file in its place")).Times(Ge(2)));
    EXPECT_THAT(progress.failures(),
                Contains(HasSubstr("/link: there is a symbolic link in its place")).Times(Ge(2)));
    EXPECT_EQ(content("folder"), "mine");
    EXPECT_EQ(link_target("link"), "elsewhere");
    EXPECT_EQ(content("elsewhere/file"), "mine, too");
    EXPECT_EQ(content("other"), "z");
  }
}

TEST_F(OverwriteTest, WhatIsOlderIsReplacedByADirectory) {
  put("folder", "mine");
  const Node folder = directory("folder", {file("below", {"x"})});
  set_mtime(at("folder"), {folder.mtime.seconds, folder.mtime.nanoseconds - 1});
  options.overwrite = Overwrite::kIfNewer;
  restore({folder});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(content("folder/below"), "x");
}

TEST_F(OverwriteTest, DirectoryThatIsMadeForWhatIsInItRespectsWhatIsThere) {
  put("folder", "mine");
  options.overwrite = Overwrite::kNever;
  options.select = [](const std::string& path, bool is_directory) {
    return Selected{path == "/folder/below", is_directory};
  };
  restore({directory("folder", {file("below", {"x"}), file("more", {"y"})})});
  ASSERT_EQ(progress.errors, 1U);
  EXPECT_EQ(content("folder"), "mine");
}

TEST_F(OverwriteTest, FullDirectoryInTheWayStaysUnlessDeletingIsAllowed) {
  put("file/in it", "mine");
  restore({node()});
  ASSERT_EQ(progress.errors, 1U);
  EXPECT_THAT(progress.failures().front(), HasSubstr("/file: there is a directory with files"));
  EXPECT_EQ(content("file/in it"), "mine");

  options.remove_unexpected = true;
  restore({node()});
  EXPECT_EQ(progress.errors, 1U);
  EXPECT_EQ(content("file"), kWhole);
}

TEST_F(OverwriteTest, OtherNamesOfAFileAreNotWrittenTo) {
  scratch.write("outside", "outside!");
  scratch.make_directory("target");
  std::filesystem::create_hard_link(scratch / "outside", at("file"));
  const mode_t mode = status("file").st_mode;
  Node wanted = file("file", {"restored"});
  wanted.permissions = 0400;
  restore({wanted});
  EXPECT_EQ(content("file"), "restored");
  EXPECT_EQ(content("../outside"), "outside!");
  EXPECT_EQ(status("../outside").st_mode, mode);

  // Not even its metadata when the content is the same.
  std::filesystem::remove(at("file"));
  scratch.write("outside", "restored");
  std::filesystem::create_hard_link(scratch / "outside", at("file"));
  restore({wanted});
  EXPECT_EQ(status("../outside").st_mode, mode);
  EXPECT_EQ(status("file").st_mode & 07777, 0400U);
}

TEST_F(OverwriteTest, UnexpectedAttributesGo) {
  put("file", kWhole);
  put("changed", "old");
  for (const char* name : {"file", "changed"}) {
    ASSERT_EQ(::setxattr(at(name).c_str(), "user.old", "1", 1, 0), 0);
  }
  restore({node(), file("changed", {"new"})});
  EXPECT_EQ(::listxattr(at("file").c_str(), nullptr, 0), 0);
  EXPECT_EQ(::listxattr(at("changed").c_str(), nullptr, 0), 0);
}

TEST_F(OverwriteTest, AttributesThatAreNotSelectedStay) {
  put("file", kWhole);
  ASSERT_EQ(::setxattr(at("file").c_str(), "user.mine", "1", 1, 0), 0);
  options.select_attribute = [](const std::string& name) { return name != "user.mine"; };
  Node wanted = node();
  wanted.extended_attributes = {{"user.a", {}}, {"user.mine", copy_of(as_bytes("other"))}};
  restore({wanted});
  std::array<char, 16> value{};
  EXPECT_EQ(::getxattr(at("file").c_str(), "user.mine", value.data(), value.size()), 1);
  EXPECT_EQ(::getxattr(at("file").c_str(), "user.a", value.data(), value.size()), 0);
}

TEST_F(OverwriteTest, RunningProgramsAreReplaced) {
  std::filesystem::create_directory(target());
  std::filesystem::copy_file("/bin/sleep", at("program"));
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(at("program").c_str(), "sleep", "60", nullptr);
    ::_exit(1);
  }
  ::close(pipe[1]);
  char end = 0;
  EXPECT_EQ(::read(pipe[0], &end, 1), 0);  // the program runs once the child's end is closed
  ::close(pipe[0]);
  restore({file("program", {"new version"})});
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(content("program"), "new version");
}

}  // namespace
}  // namespace snapfs::test
