// Files that appear whole or not at all.
#include "fs/base/durable_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/support/fails_with.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

namespace fs = std::filesystem;

class DurableFileTest : public ::testing::Test {
 protected:
  std::string path() const { return directory_ / "file"; }

  std::size_t names() const {
    const fs::directory_iterator entries(fs::path(path()).parent_path());
    return static_cast<std::size_t>(std::distance(entries, fs::directory_iterator()));
  }

  test::TemporaryDirectory directory_;
};

TEST_F(DurableFileTest, HasItsNameOnlyWhenItIsWhole) {
  DurableFile file(path());
  file.write(as_bytes("content"));
  EXPECT_FALSE(fs::exists(path()));
  file.publish(0640);
  std::ifstream in(path());
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "content");
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
  EXPECT_EQ(names(), 1U);
}

TEST_F(DurableFileTest, LeavesNothingUnlessPublished) {
  {
    DurableFile file(path());
    file.write(as_bytes("content"));
  }
  EXPECT_EQ(names(), 0U);
}

TEST_F(DurableFileTest, NeedsItsDirectory) {
  EXPECT_TRUE(test::fails_with(ErrorCode::kNotFound, [&] { DurableFile(path() + "/below"); }));
}

TEST(ParentDirectory, IsWhatTheFileIsIn) {
  EXPECT_EQ(parent_directory("name"), ".");
  EXPECT_EQ(parent_directory("/name"), "/");
  EXPECT_EQ(parent_directory("a/b/"), "a");
  EXPECT_EQ(parent_directory("/a//b"), "/a");
}

}  // namespace
}  // namespace snapfs
