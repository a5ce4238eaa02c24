// Names of files in the cache, and the files.
#include "fs/cache/cached_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

namespace stdfs = std::filesystem;
using test::numbered_id;
using test::to_bytes;

TEST(CachedNameTest, IsWrittenInOneWayOnly) {
  const std::string id = numbered_id(5).hex();
  for (const std::string& good : {id, id + "-0-1", id + "-18446744073709551614-1"}) {
    const auto name = CachedName::parse(good);
    ASSERT_TRUE(name) << good;
    EXPECT_EQ(name->text(), good);
    EXPECT_EQ(name->id, numbered_id(5));
  }
  std::string upper = id;
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
  for (const std::string& bad :
       {std::string(), id.substr(1), id + "0", id + "-", id + "-1", id + "-1-", id + "--1-1",
        id + "-01-1", id + "-1-01", id + "-1-0", id + "-1-1-1", id + "-+1-1", id + "-1-1 ",
        id + "-18446744073709551615-1", id + "-18446744073709551616-1", upper,
        std::string("tmp-123456")}) {
    EXPECT_FALSE(CachedName::parse(bad)) << bad;
  }
}

class CachedFilesTest : public ::testing::Test {
 protected:
  Bytes content(const CachedName& name) const {
    const UniqueFd fd = files_.open(name);
    if (!fd) return {};
    Bytes bytes(file_size(fd.get(), ""));
    read_at(fd.get(), 0, bytes, "");
    return bytes;
  }

  std::string path(const std::string& name) const { return directory_ / ("a/b/00/" + name); }

  test::TemporaryDirectory directory_;
  CachedFiles files_{directory_ / "a/b"};
  const CachedName whole_{numbered_id(1), std::nullopt};
  const CachedName part_{numbered_id(1), ByteRange{7, 3}};
};

TEST_F(CachedFilesTest, LieWhereResticWouldPutThem) {
  files_.store(whole_, as_bytes("all of it"));
  EXPECT_TRUE(stdfs::exists(path(numbered_id(1).hex())));
  EXPECT_EQ(content(whole_), to_bytes("all of it"));
  for (const char* const directory : {"a", "a/b", "a/b/00"}) {
    EXPECT_EQ(stdfs::status(directory_ / directory).permissions(), stdfs::perms::owner_all);
  }
  EXPECT_EQ(stdfs::status(path(numbered_id(1).hex())).permissions(),
            stdfs::perms::owner_read | stdfs::perms::owner_write);
}

TEST_F(CachedFilesTest, AreReplacedAndRemoved) {
  EXPECT_FALSE(files_.open(whole_));
  files_.store(whole_, as_bytes("first"));
  files_.store(whole_, as_bytes("second"));
  files_.store(part_, as_bytes("abc"));
  EXPECT_EQ(content(whole_), to_bytes("second"));
  EXPECT_EQ(content(part_), to_bytes("abc"));
  EXPECT_EQ(files_.list().size(), 2U) << "nothing is left over";
  EXPECT_EQ(files_.list(0).size(), 2U);
  EXPECT_TRUE(files_.list(1).empty());
  files_.remove(whole_);
  files_.remove(whole_);
  EXPECT_FALSE(files_.open(whole_));
  EXPECT_TRUE(files_.open(part_));
}

TEST_F(CachedFilesTest, OnlyFilesOfTheRightLengthAreOpened) {
  files_.store(part_, as_bytes("ab"));
  EXPECT_FALSE(files_.open(part_)) << "cut off";
  files_.store(part_, as_bytes("abcd"));
  EXPECT_FALSE(files_.open(part_));
  files_.remove(part_);
  stdfs::create_directory(path(part_.text()));
  EXPECT_FALSE(files_.open(part_));
  stdfs::remove(path(part_.text()));
  ASSERT_EQ(::mkfifo(path(part_.text()).c_str(), 0600), 0);
  EXPECT_FALSE(files_.open(part_)) << "and nobody waits";
  stdfs::remove(path(part_.text()));
  stdfs::create_symlink(directory_.write("elsewhere", "abc"), path(part_.text()));
  EXPECT_FALSE(files_.open(part_));
}

TEST_F(CachedFilesTest, AUseIsNoted) {
  files_.store(part_, as_bytes("abc"));
  const auto now = stdfs::file_time_type::clock::now();
  stdfs::last_write_time(path(part_.text()), now - std::chrono::hours(48));
  ASSERT_TRUE(files_.open(part_));
  EXPECT_GT(stdfs::last_write_time(path(part_.text())), now - std::chrono::hours(1));
}

TEST_F(CachedFilesTest, WhatCannotBeStoredLeavesNothing) {
  stdfs::create_directories(path(whole_.text()));  // a directory has its name
  EXPECT_TRUE(
      test::fails_with(ErrorCode::kIo, "rename", [&] { files_.store(whole_, as_bytes("x")); }));
  EXPECT_EQ(std::distance(stdfs::directory_iterator(directory_ / "a/b/00"), {}), 1);
  directory_.write("a/c", "a file");
  EXPECT_THROW(CachedFiles(directory_ / "a/c").store(whole_, as_bytes("x")), Error);
}

TEST_F(CachedFilesTest, ACacheIsMarkedAsOne) {
  make_cache(directory_ / "x/cache");
  make_cache(directory_ / "x/cache");
  EXPECT_EQ(read_file(directory_ / "x/cache/CACHEDIR.TAG", 100),
            to_bytes("Signature: 8a477f597d28d172789f06886806bc55\n"));
  // Like all that is in it.
  EXPECT_EQ(stdfs::status(directory_ / "x/cache/CACHEDIR.TAG").permissions(),
            stdfs::perms::owner_read | stdfs::perms::owner_write);
}

}  // namespace
}  // namespace snapfs
