// Each option of a restore.
#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "tests/fs/restore/restore_scene.h"

namespace snapfs::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using OptionsTest = RestoreTest;

TEST_F(OptionsTest, DryRunCountsAndChangesNothing) {
  put("same", "same");
  put("folder/changed", "old");
  put("extra/below", "x");
  const struct stat before = status("folder/changed");
  options.dry_run = true;
  options.remove_unexpected = true;
  restore({file("same", {"same"}),
           directory("folder", {file("changed", {"new"}), file("more", {"m"})}),
           directory("fresh", {symlink("link", "x")})});
  EXPECT_THAT(progress.items(),
              ElementsAre("deleted /extra", "deleted /extra/below", "restored /folder",
                          "restored /folder/more", "restored /fresh", "restored /fresh/link",
                          "unchanged /same", "updated /folder/changed"));
  EXPECT_EQ(content("folder/changed"), "old");
  EXPECT_EQ(Timestamp::from(before.st_ctim), Timestamp::from(status("folder/changed").st_ctim));
  EXPECT_FALSE(exists("fresh"));
  EXPECT_FALSE(exists("folder/more"));
  EXPECT_EQ(content("extra/below"), "x");
}

TEST_F(OptionsTest, DryRunMakesNoTarget) {
  options.dry_run = true;
  restore({file("file", {"x"})});
  EXPECT_FALSE(std::filesystem::exists(target()));
  EXPECT_EQ(progress.files_restored, 1U);
}

TEST_F(OptionsTest, UnexpectedEntriesAreDeletedWithAllBelow) {
  put("kept/extra", "1");
  put("gone/deep/file", "2");
  put("loose", "3");
  options.remove_unexpected = true;
  restore({directory("kept", {file("wanted", {"x"})})});
  EXPECT_FALSE(exists("kept/extra"));
  EXPECT_FALSE(exists("gone"));
  EXPECT_FALSE(exists("loose"));
  EXPECT_EQ(content("kept/wanted"), "x");
  EXPECT_EQ(progress.files_deleted, 5U);
}

TEST_F(OptionsTest, NothingIsDeletedWhereTheTreeIsDamaged) {
  put("lost/mine", "1");
  options.remove_unexpected = true;
  restore({own(make_directory("lost", Id::parse(std::string(64, 'a')).value()))});
  EXPECT_EQ(progress.errors, 1U);
  EXPECT_EQ(content("lost/mine"), "1");
}

TEST_F(OptionsTest, SelectionDecidesWhatIsRestoredAndDeleted) {
  put("a/extra.txt", "1");
  put("a/extra.bin", "2");
  options.remove_unexpected = true;
  options.select = [](const std::string& path, bool is_directory) {
    return Selected{path.ends_with(".txt"), is_directory};
  };
  restore({directory("a", {file("x.txt", {"x"}), file("y.bin", {"y"})}),
           directory("b", {file("z.bin", {"z"})})});
  EXPECT_EQ(content("a/x.txt"), "x");
  EXPECT_FALSE(exists("a/y.bin"));
  EXPECT_FALSE(exists("b"));  // nothing in it was wanted
  EXPECT_FALSE(exists("a/extra.txt"));
  EXPECT_EQ(content("a/extra.bin"), "2");
  EXPECT_EQ(progress.files_restored, 2U);
  EXPECT_EQ(progress.files_total, 2U);
}

TEST_F(OptionsTest, DirectoriesOnTheWayGetTheirMetadata) {
  options.select = [](const std::string& path, bool is_directory) {
    return Selected{path == "/a/b/c", is_directory && std::string("/a/b/c").starts_with(path)};
  };
  Node inner = directory("b", {file("c", {"x"})});
  inner.permissions = 0711;
  restore({directory("a", {inner}), file("other", {"y"})});
  EXPECT_EQ(content("a/b/c"), "x");
  EXPECT_EQ(status("a/b").st_mode & 07777, 0711U);
  EXPECT_EQ(Timestamp::from(status("a").st_mtim), inner.mtime);
  EXPECT_FALSE(exists("other"));
}

TEST_F(OptionsTest, ZerosBecomeHoles) {
  const std::string zeros(1 << 20, '\0');
  const std::string mixed = std::string(100'000, 'a') + std::string(400'000, '\0') + "end";
  const Node sparse = file("sparse", {zeros, mixed, zeros});
  options.sparse = true;
  restore({sparse, file("small", {std::string(5, '\0')})});
  EXPECT_EQ(content("sparse"), zeros + mixed + zeros);
  EXPECT_EQ(content("small"), std::string(5, '\0'));
  EXPECT_LT(status("sparse").st_blocks * 512, 300'000);

  options.sparse = false;
  std::filesystem::remove(at("sparse"));
  restore({sparse});
  EXPECT_GE(status("sparse").st_blocks * 512, 2'500'000);
}

TEST_F(OptionsTest, OldBytesDoNotShineThroughHoles) {
  const std::string zeros(200'000, '\0');
  put("file", std::string(400'000, 'x'));
  options.sparse = true;
  restore({file("file", {zeros, std::string(200'000, 'x'), zeros})});
  EXPECT_EQ(content("file"), zeros + std::string(200'000, 'x') + zeros);
  EXPECT_LT(status("file").st_blocks * 512, 300'000);
}

/// A disk that forgets what was written.
class ForgetfulFs final : public TargetFs {
 public:
  explicit ForgetfulFs(std::string path) : path_(std::move(path)) {}
  void before_change() override {
    std::error_code ignored;
    // After the file was completed, before it is read again.
    if (std::filesystem::exists(path_ + "/z last", ignored)) std::ofstream(path_ + "/bad") << "y";
  }

 private:
  std::string path_;
};

TEST_F(OptionsTest, VerifyFindsWhatWasChangedAfterwards) {
  options.verify = true;
  restore({file("good", {"1"}), file("bad", {"x"})});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(progress.files_verified, 2U);

  std::filesystem::remove_all(target());
  ForgetfulFs forgetful(target());
  const Node first = linked(file("good", {"1"}), 5);
  Node last = first;
  last.name = "z last";  // links come after the content
  restore_with(forgetful, {first, file("bad", {"x"}), last,
                           directory("folder", {linked(file("z", {"1"}), 5)})});
  ASSERT_EQ(progress.errors, 1U);
  EXPECT_THAT(progress.failures().front(), HasSubstr("/bad: its content at byte 0"));
}

TEST_F(OptionsTest, OwnersByNameComeBeforeNumbers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  Node known = file("known", {"x"});
  known.uid = known.gid = 4711;
  known.user = "daemon";
  known.group = "daemon";
  Node unknown = known;
  unknown.name = "unknown";
  unknown.user = unknown.group = "no such name";
  options.ownership_by_name = true;
  restore({known, unknown});
  EXPECT_EQ(status("known").st_uid, 1U);
  EXPECT_EQ(status("known").st_gid, 1U);
  EXPECT_EQ(status("unknown").st_uid, 4711U);

  options.ownership_by_name = false;
  restore({known});
  EXPECT_EQ(status("known").st_uid, 4711U);
}

}  // namespace
}  // namespace snapfs::test
