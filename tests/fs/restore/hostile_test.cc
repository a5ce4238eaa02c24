// Nothing leaves the target: links that lie in wait there, hostile snapshots, and both at once.
#include <sys/xattr.h>

#include <atomic>

#include <gmock/gmock.h>

#include "tests/fs/restore/restore_scene.h"

namespace snapfs::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HostileTest : public RestoreTest {
 protected:
  HostileTest() {
    scratch.write("outside/secret", "untouched");
    scratch.make_directory("target");
    outside_before_ = outside();
  }

  void TearDown() override { EXPECT_EQ(outside(), outside_before_) << "something got out"; }

  /// Everything that can be told of what is outside.
  std::string outside() const {
    std::string text;
    for (const char* name : {"../outside", "../outside/secret"}) {
      const struct stat now = status(name);
      text += std::to_string(now.st_mode) + " " + std::to_string(now.st_ctim.tv_sec) + "." +
              std::to_string(now.st_ctim.tv_nsec) + " " + std::to_string(now.st_nlink) + " ";
    }
    return text + content("../outside/secret");
  }

 private:
  std::string outside_before_;
};

TEST_F(HostileTest, LinksInPlaceOfDirectoriesAreReplaced) {
  std::filesystem::create_directory_symlink("../outside", at("folder"));
  restore({directory("folder", {file("secret", {"overwritten"}), symlink("link", "x")})});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_TRUE(S_ISDIR(status("folder").st_mode));
  EXPECT_EQ(content("folder/secret"), "overwritten");
}

TEST_F(HostileTest, LinksInPlaceOfFilesAreReplaced) {
  for (const char* name : {"full", "empty", "other"}) {
    std::filesystem::create_symlink("../outside/secret", at(name));
  }
  restore({file("full", {"overwritten"}), file("empty", {}), symlink("other", "y"),
           own(make_node("fifo", NodeType::kFifo))});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_TRUE(S_ISREG(status("full").st_mode));
  EXPECT_TRUE(S_ISREG(status("empty").st_mode));
}

TEST_F(HostileTest, LinksBelowASelectedDirectoryAreReplaced) {
  std::filesystem::create_directory_symlink("../outside", at("a"));
  options.select = [](const std::string& path, bool is_directory) {
    return Selected{path == "/a/b/secret", is_directory};
  };
  restore({directory("a", {directory("b", {file("secret", {"overwritten"})})})});
  EXPECT_EQ(content("a/b/secret"), "overwritten");
  EXPECT_TRUE(S_ISDIR(status("a").st_mode));
}

TEST_F(HostileTest, DryRunDoesNotLookThroughLinks) {
  std::filesystem::create_directory_symlink("../outside", at("folder"));
  options.dry_run = true;
  options.remove_unexpected = true;
  restore({directory("folder", {file("secret", {"untouched"})})});
  EXPECT_EQ(progress.files_skipped, 0U);
  EXPECT_EQ(progress.files_deleted, 0U);
  EXPECT_TRUE(S_ISLNK(status("folder").st_mode));
}

TEST_F(HostileTest, DeletingDoesNotFollowLinks) {
  std::filesystem::create_directory_symlink("../outside", at("link"));
  scratch.make_directory("target/folder");
  std::filesystem::create_directory_symlink("../../outside", at("folder/link"));
  options.remove_unexpected = true;
  restore({});
  EXPECT_THAT(std::filesystem::is_empty(target()), false) << "nothing was restored: nothing goes";
  restore({file("file", {"x"})});
  EXPECT_FALSE(exists("link"));
  EXPECT_FALSE(exists("folder"));
}

TEST_F(HostileTest, SnapshotThatWritesThroughItsOwnLinkDoesNot) {
  // First a link, then a directory of that name: as one tree it is refused, as two snapshots it
  // works without the link.
  restore({symlink("way", "../outside")});
  restore({directory("way", {file("secret", {"overwritten"})})});
  EXPECT_TRUE(S_ISDIR(status("way").st_mode));
}

TEST_F(HostileTest, LinkThatAppearsWhileRestoringIsNotFollowed) {
  /// Puts a link in the place of a directory as soon as it was made.
  class Swapping final : public TargetFs {
   public:
    explicit Swapping(std::string path) : path_(std::move(path)) {}
    void before_change() override {
      std::error_code ignored;
      if (!std::filesystem::is_directory(std::filesystem::symlink_status(path_, ignored))) return;
      std::filesystem::rename(path_, path_ + ".away", ignored);
      std::filesystem::create_directory_symlink("../outside", path_, ignored);
    }

   private:
    std::string path_;
  } swapping(at("folder"));
  // The link comes into being between the making of the directory and its opening.
  restore_with(swapping, {directory("folder", {file("new", {"x"}), directory("deep", {})}),
                          symlink("z", "made after the directory")});
  ASSERT_GE(progress.errors, 1U);
  EXPECT_THAT(progress.failures().front(), HasSubstr("/folder"));
}

TEST_F(HostileTest, LinkThatTakesThePlaceOfAFileIsNotWrittenThrough) {
  /// Puts a link in the place of a file that was compared already.
  class Swapping final : public TargetFs {
   public:
    explicit Swapping(std::string path) : path_(std::move(path)) {}
    void before_change() override {
      if (swapped_.exchange(true)) return;
      std::filesystem::remove(path_);
      std::filesystem::create_symlink("../outside/secret", path_);
    }

   private:
    std::string path_;
    std::atomic<bool> swapped_ = false;
  } swapping(at("file"));
  put("file", "untouched, old");
  restore_with(swapping, {file("file", {"untouched", ", new"})});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(content("file"), "untouched, new");
  EXPECT_TRUE(S_ISREG(status("file").st_mode));
}

TEST_F(HostileTest, NamesThatLeaveTheDirectoryAreRefused) {
  for (const char* name : {"..", ".", "a/b", "/etc", "../outside/new", ""}) {
    const std::string node = R"({"name":")" + std::string(name) +
                             R"(","type":"fifo","mtime":"2026-01-01T00:00:00Z",)"
                             R"("atime":"2026-01-01T00:00:00Z","ctime":"2026-01-01T00:00:00Z",)"
                             R"("uid":0,"gid":0,"content":null})";
    const Id bad = maker.add_tree_text(R"({"nodes":[)" + node + "]}\n");
    restore({own(make_directory("bad", bad)), file("good", {"x"})});
    EXPECT_EQ(content("good"), "x");
  }
  EXPECT_EQ(progress.errors, 6U);
  EXPECT_TRUE(std::filesystem::is_empty(at("bad")));
}

TEST_F(HostileTest, NamesOutOfOrderOrTwiceAreRefused) {
  const auto node = [](std::string name) {
    return R"({"name":")" + name +
           R"(","type":"symlink","mode":134218239,"mtime":"2026-01-01T00:00:00Z",)"
           R"("atime":"2026-01-01T00:00:00Z","ctime":"2026-01-01T00:00:00Z",)"
           R"("uid":0,"gid":0,"linktarget":"../outside","content":null})";
  };
  const Id twice =
      maker.add_tree_text(R"({"nodes":[)" + node("a") + "," + node("b") + "," + node("a") + "]}\n");
  restore({own(make_directory("bad", twice))});
  EXPECT_EQ(progress.errors, 1U);
}

TEST_F(HostileTest, TargetThatIsALinkItselfIsFollowed) {
  scratch.make_directory("real");
  std::filesystem::remove(target());
  std::filesystem::create_directory_symlink("real", target());
  restore({file("file", {"x"})});
  EXPECT_EQ(content("../real/file"), "x");
  std::filesystem::remove(target());
  scratch.make_directory("target");
}

TEST_F(HostileTest, TreesAsDeepAsOneLikes) {
  constexpr int kDepth = 600;  // longer than any path may be
  Node node = file("end", {"bottom"});
  for (int i = 0; i < kDepth; ++i) node = directory("directory", {node});
  restore({node});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(progress.files_restored, static_cast<std::uint64_t>(kDepth) + 1);
}

TEST_F(HostileTest, TypesThatNobodyKnowsAreNamed) {
  restore({own(make_node("strange", NodeType::kIrregular)), file("good", {"x"})});
  ASSERT_EQ(progress.errors, 1U);
  EXPECT_THAT(progress.failures().front(), HasSubstr("/strange: "));
  EXPECT_EQ(content("good"), "x");
}

TEST_F(HostileTest, BlobsThatAreInNoIndexAreNamed) {
  Node lost = file("lost", {"x"});
  lost.content.push_back(Id::parse(std::string(64, 'b')).value());
  restore({lost, file("good", {"y"})});
  ASSERT_EQ(progress.errors, 1U);
  EXPECT_THAT(progress.failures().front(), HasSubstr("/lost: blob bbbbbbbb"));
  EXPECT_FALSE(exists("lost"));
  EXPECT_EQ(content("good"), "y");
}

/// They are in snapshots of other file systems, which have names of other lengths.
TEST_F(HostileTest, NamesThatAreTooLongHereFailAlone) {
  const std::string name(256, 'n');
  restore({file(name, {"x"}), directory(name + "d", {file("below", {"y"})}),
           symlink(name + "l", "target"), file("good", {"z"})});
  EXPECT_EQ(content("good"), "z");
  EXPECT_EQ(progress.failures().size(), 3U);
  for (const std::string& failure : progress.failures()) {
    EXPECT_THAT(failure, HasSubstr("/" + name));
    EXPECT_THAT(failure, HasSubstr("too long"));
  }
}

TEST_F(HostileTest, TextWithAZeroByteIsNeverCut) {
  Node attributed = file("attributed", {"x"});
  attributed.extended_attributes = {{std::string("user.a\0b", 8), {1}}, {"user.c", {2}}};
  restore({symlink("link", std::string("/etc\0/passwd", 12)), attributed, file("good", {"z"})});
  EXPECT_EQ(content("good"), "z");
  EXPECT_EQ(content("attributed"), "x");
  EXPECT_FALSE(exists("link"));
  EXPECT_EQ(::lgetxattr(at("attributed").c_str(), "user.a", nullptr, 0), -1);
  ASSERT_EQ(progress.failures().size(), 2U);
  EXPECT_THAT(progress.failures()[0], AllOf(HasSubstr("/attributed"), HasSubstr("user.a\\x00b")));
  EXPECT_THAT(progress.failures()[1], AllOf(HasSubstr("/link"), HasSubstr("zero byte")));
}

}  // namespace
}  // namespace snapfs::test
