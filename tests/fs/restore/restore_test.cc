// What a restore leaves in an empty target.
#include "fs/restore/restore.h"

#include <sys/xattr.h>

#include <array>
#include <atomic>

#include <gmock/gmock.h>

#include "tests/fs/restore/restore_scene.h"

namespace snapfs::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(RestoreTest, FilesDirectoriesAndLinksGetContentAndMetadata) {
  Node script = file("script", {"#!/bin/sh\n", "exit 0\n"});
  script.permissions = 0751;
  script.mtime = {1'600'000'000, 111'222'333};
  script.atime = {1'600'000'001, 444'555'666};
  Node folder = directory("folder", {script, file("empty", {}), symlink("link", "script")});
  folder.permissions = 02750;
  folder.mtime = {1'500'000'000, 5};
  restore({folder, file("plain", {"content"})});

  EXPECT_THAT(progress.failures(), IsEmpty());
  const struct stat file_status = status("folder/script");
  EXPECT_EQ(file_status.st_mode & 07777, 0751U);
  EXPECT_EQ(Timestamp::from(file_status.st_mtim), script.mtime);
  EXPECT_EQ(Timestamp::from(file_status.st_atim), script.atime);
  const struct stat folder_status = status("folder");
  EXPECT_EQ(folder_status.st_mode & 07777, 02750U);
  EXPECT_EQ(Timestamp::from(folder_status.st_mtim), folder.mtime);
  EXPECT_EQ(content("folder/script"), "#!/bin/sh\nexit 0\n");
  EXPECT_EQ(content("folder/empty"), "");
  EXPECT_EQ(content("plain"), "content");
  EXPECT_EQ(link_target("folder/link"), "script");
  EXPECT_THAT(progress.items(),
              ElementsAre("restored /folder", "restored /folder/empty", "restored /folder/link",
                          "restored /folder/script", "restored /plain"));
  EXPECT_EQ(progress.files_total, 5U);
  EXPECT_EQ(progress.files_restored, 5U);
  EXPECT_EQ(progress.bytes_total, 24U);
  EXPECT_EQ(progress.bytes_restored, 24U);
}

TEST_F(RestoreTest, NamesOfOneFileAreLinkedAgain) {
  const Node first = linked(file("a", {"shared"}), 77);
  Node second = first;
  second.name = "b";
  const Node other = linked(file("c", {"shared"}), 78, 1);
  restore({first, directory("folder", {second}), other});

  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(status("a").st_ino, status("folder/b").st_ino);
  EXPECT_NE(status("a").st_ino, status("c").st_ino);
  EXPECT_EQ(progress.files_total, 4U);
  EXPECT_EQ(progress.bytes_total, 12U);
}

TEST_F(RestoreTest, SocketsAreLeftOutAndFifosMade) {
  restore({own(make_node("fifo", NodeType::kFifo)), own(make_node("socket", NodeType::kSocket))});
  EXPECT_TRUE(S_ISFIFO(status("fifo").st_mode));
  EXPECT_FALSE(exists("socket"));
  EXPECT_EQ(progress.files_total, 1U);
}

TEST_F(RestoreTest, ExtendedAttributesAreSet) {
  Node node = file("file", {"x"});
  node.extended_attributes = {{"user.a", copy_of(as_bytes("value"))}, {"user.empty", {}}};
  restore({node});
  std::array<char, 16> value{};
  EXPECT_EQ(::getxattr(at("file").c_str(), "user.a", value.data(), value.size()), 5);
  EXPECT_EQ(::getxattr(at("file").c_str(), "user.empty", value.data(), value.size()), 0);
}

TEST_F(RestoreTest, OwnerThatIsRightIsNotSet) {
  /// Counts what is done.
  class CountingFs final : public TargetFs {
   public:
    void before_change() override { ++changes_; }
    std::size_t changes() const { return changes_; }

   private:
    std::atomic<std::size_t> changes_ = 0;
  } counting;
  restore_with(counting, {file("file", {"x"})});
  EXPECT_EQ(counting.changes(), 4U) << "created, written, times, permissions";
}

TEST_F(RestoreTest, GroupThatComesFromTheDirectoryIsNotKept) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  scratch.make_directory("target");
  ASSERT_EQ(::chown(target().c_str(), 0, 4711), 0);
  ASSERT_EQ(::chmod(target().c_str(), 02755), 0);
  restore({file("file", {"x"}), directory("folder", {file("below", {"y"})})});
  for (const char* name : {"file", "folder", "folder/below"}) {
    EXPECT_EQ(status(name).st_gid, ::getgid()) << name;
  }
}

TEST_F(RestoreTest, DamagedContentIsNamedAndTheRestIsRestored) {
  const Node bad = file("bad", {"damaged"});
  maker.flush();
  restore({bad, file("good", {"intact"})});
  EXPECT_THAT(progress.failures(), IsEmpty());
  std::filesystem::remove_all(target());

  maker.damage({BlobType::kData, bad.content.front()});
  restore({bad, file("good", {"intact"})});
  ASSERT_EQ(progress.errors, 1U);
  EXPECT_THAT(progress.failures().front(), HasSubstr("/bad: no intact copy of data blob"));
  EXPECT_EQ(content("good"), "intact");
}

TEST_F(RestoreTest, DirectoryWhoseTreeIsMissingIsNamedAndTheRestIsRestored) {
  const Node lost = own(make_directory("lost", Id::parse(std::string(64, 'a')).value()));
  restore({lost, file("good", {"intact"})});
  ASSERT_EQ(progress.errors, 1U);
  EXPECT_THAT(progress.failures().front(), HasSubstr("/lost: "));
  EXPECT_EQ(content("good"), "intact");
}

TEST_F(RestoreTest, PlansAreCutWhereMemoryWouldGrow) {
  std::vector<Node> nodes;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "d" + std::to_string(i);
    nodes.push_back(directory(name, {file("f", {"content of " + name, "shared"})}));
  }
  options.plan_bytes = 1000;
  restore(nodes);
  EXPECT_THAT(progress.failures(), IsEmpty());
  for (int i = 0; i < 40; ++i) {
    const std::string name = "d" + std::to_string(i);
    EXPECT_EQ(content(name + "/f"), "content of " + name + "shared");
  }
  EXPECT_EQ(progress.files_restored, 80U);
}

}  // namespace
}  // namespace snapfs::test
