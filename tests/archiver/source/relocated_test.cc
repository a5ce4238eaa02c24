// What is stored under another path than it has on disk.
#include "archiver/source/relocated.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/memory_source.h"

namespace snapfs {
namespace {

using test::fails_with;
using ::testing::ElementsAre;

constexpr Timestamp kTime{1'700'000'000, 42};

class RelocatedTest : public ::testing::Test {
 protected:
  RelocatedTest() {
    disk_.add_file("/mnt/snap/data/file", "content");
    disk_.add_symlink("/mnt/snap/link", "data");
    disk_.add_attribute("/mnt/snap/data", "user.a", "1");
    disk_.add_directory("/srv");
    disk_.add_attribute("/srv", "user.b", "2");
    disk_.update("/srv", [](SourceMetadata& srv) { srv.mode = S_IFDIR | 0700; });
  }

  std::unique_ptr<SourceFs> moved(const std::string& path, const std::string& as_path) {
    return relocate(disk_, path, as_path, kTime);
  }

  MemorySource disk_{"/mnt/snap"};
};

TEST_F(RelocatedTest, ItemIsThatOnDisk) {
  const auto source = moved("/mnt/snap/data", "/srv/data");
  EXPECT_EQ(source->lstat("/srv/data"), disk_.lstat("/mnt/snap/data"));
  const auto above = source->enter("/srv");
  EXPECT_THAT(above->list(), ElementsAre("data"));
  EXPECT_EQ(above->attributes("data").items.size(), 1U);
  const auto directory = above->open_dir("data");
  EXPECT_THAT(directory->list(), ElementsAre("file"));
  EXPECT_EQ(directory->path(), "/mnt/snap/data");
  Bytes buffer(20);
  EXPECT_EQ(directory->open_file("file")->read(buffer), 7U);
}

TEST_F(RelocatedTest, DirectoriesAboveLookLikeThoseOnDisk) {
  const auto source = moved("/mnt/snap/data", "/srv/data");
  EXPECT_EQ(source->lstat("/srv"), disk_.lstat("/srv"));
  EXPECT_EQ(source->enter("/")->attributes("srv").items.front().name, "user.b");
}

TEST_F(RelocatedTest, DirectoriesThatDiskHasNotAreMadeUp) {
  disk_.add_file("/srv/file", "");
  const auto source = moved("/mnt/snap/data", "/srv/file/x/data");
  EXPECT_EQ(source->lstat("/srv/file").mode, S_IFDIR | 0755U);
  const SourceMetadata made_up = source->lstat("/srv/file/x");
  EXPECT_EQ(made_up.mode, S_IFDIR | 0755U);
  EXPECT_EQ(made_up.mtime, kTime);
  EXPECT_TRUE(made_up.synthetic);
}

TEST_F(RelocatedTest, TargetsWithoutANameWork) {
  EXPECT_THAT(moved(".", "/x")->enter("/")->open_dir("x")->list(), ElementsAre("data", "link"));
  EXPECT_THAT(moved("/", "/x")->enter("/")->open_dir("x")->list(), ElementsAre("mnt", "srv"));
}

TEST_F(RelocatedTest, FilesAndLinksMoveToo) {
  EXPECT_EQ(moved("data/file", "/x")->enter("/")->open_file("x")->path(), "data/file");
  const auto root = moved("link", "/x")->enter("/");
  EXPECT_TRUE(root->lstat("x").is_symlink());
  EXPECT_EQ(root->read_link("x"), "data");
}

TEST_F(RelocatedTest, MissingTargetsAreNotFound) {
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { (void)moved("gone", "/x")->lstat("/x"); }));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { moved("gone/gone", "/x"); }));
}

}  // namespace
}  // namespace snapfs
