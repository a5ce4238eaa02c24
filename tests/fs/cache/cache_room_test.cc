// How much the cache may have, and what has to go for that.
#include "fs/cache/cache_room.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

#include <gtest/gtest.h>

#include "fs/base/file.h"
#include "fs/cache/cached_file.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::numbered_id;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

TEST(CacheRoomTest, WithoutAWordItGoesByTheFileSystem) {
  EXPECT_EQ(allowed_bytes({}, {.total = 1000 * kGiB, .free = 900 * kGiB}, 0), 8 * kGiB);
  EXPECT_EQ(allowed_bytes({}, {.total = 20 * kGiB, .free = 19 * kGiB}, 0), 2 * kGiB);
  // 1 GiB stays free, or a twentieth; what the cache has counts as if it were free.
  EXPECT_EQ(allowed_bytes({}, {.total = 1000 * kGiB, .free = 3 * kGiB}, 0), 2 * kGiB);
  EXPECT_EQ(allowed_bytes({}, {.total = 1000 * kGiB, .free = 0}, 3 * kGiB), 2 * kGiB);
  EXPECT_EQ(allowed_bytes({}, {.total = 20 * kGiB, .free = kGiB}, kGiB), kGiB);
  EXPECT_EQ(allowed_bytes({}, {.total = 1000 * kGiB, .free = kGiB / 2}, 0), 0U);
}

TEST(CacheRoomTest, WhatTheUserSaysCounts) {
  const DiskSpace disk{.total = 1000, .free = 500};
  EXPECT_EQ(allowed_bytes({.max_bytes = 700, .min_free_bytes = 0}, disk, 100), 600U);
  EXPECT_EQ(allowed_bytes({.max_bytes = 200, .min_free_bytes = 0}, disk, 100), 200U);
  EXPECT_EQ(allowed_bytes({.max_bytes = 700, .min_free_bytes = 450}, disk, 100), 150U);
  EXPECT_EQ(allowed_bytes({.max_bytes = 700, .min_free_bytes = 601}, disk, 100), 0U);
}

TEST(CacheRoomTest, WhatWasNotUsedForLongestGoes) {
  const auto entry = [](std::string path, std::uint64_t bytes, std::int64_t used,
                        bool unfinished = false) {
    return CacheEntry{numbered_id(1), std::move(path), bytes, {used, 0}, unfinished};
  };
  const auto evicted = [&](std::uint64_t most) {
    std::string names;
    constexpr std::int64_t kNow = 1'000'000;
    for (const CacheEntry& one : choose_evicted(
             {entry("new", 10, kNow - 1), entry("old", 10, kNow - 3), entry("middle", 10, kNow - 2),
              entry("writing", 10, kNow - 1000, true), entry("left", 10, kNow - 90'000, true)},
             {kNow, 0}, most)) {
      names += one.path + " ";
    }
    return names;
  };
  EXPECT_EQ(evicted(50), "left ") << "it goes in any case";
  EXPECT_EQ(evicted(40), "left ");
  EXPECT_EQ(evicted(39), "left writing ");
  EXPECT_EQ(evicted(20), "left writing old ");
  EXPECT_EQ(evicted(0), "left writing old middle new ");
}

/// A cache of files of 1000 bytes each.
class CacheRoomFilesTest : public ::testing::Test {
 protected:
  CacheRoomFilesTest() { make_cache(directory_.path()); }

  CacheRoom room(std::uint64_t most) const {
    return CacheRoom(directory_.path(), CachePool::kMetadata,
                     {.max_bytes = most, .min_free_bytes = 0});
  }

  void add(std::uint64_t number) {
    const std::string path = directory_ / (numbered_id(1 + number % 2).hex() + "/data");
    CachedFiles(path).store({numbered_id(number), std::nullopt}, Bytes(1000));
    const std::string file = path + "/00/" + numbered_id(number).hex();
    const std::array times = {timespec{1'000'000 + static_cast<std::time_t>(number), 0},
                              timespec{1'000'000 + static_cast<std::time_t>(number), 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times.data(), 0), 0);
  }

  bool has(std::uint64_t number) const {
    return std::filesystem::exists(
        directory_ / (numbered_id(1 + number % 2).hex() + "/data/00/" + numbered_id(number).hex()));
  }

  test::TemporaryDirectory directory_;
};

TEST_F(CacheRoomFilesTest, MakesRoomAmongAllRepositories) {
  for (std::uint64_t number = 1; number <= 10; ++number) add(number);
  CacheRoom room = this->room(16'000);
  EXPECT_TRUE(room.take(1000));
  EXPECT_TRUE(has(1)) << "there was room";
  for (std::uint64_t number = 11; number <= 16; ++number) {
    EXPECT_TRUE(room.take(1000));
    add(number);
  }
  EXPECT_TRUE(room.take(1000));
  EXPECT_FALSE(has(1));
  EXPECT_TRUE(has(3));
}

TEST_F(CacheRoomFilesTest, NeverHasMoreThanItMay) {
  CacheRoom room = this->room(10'000);
  for (std::uint64_t number = 1; number <= 100; ++number) {
    if (!room.take(1000)) continue;
    add(number);
    std::uint64_t bytes = 0;
    for (const CacheEntry& entry : list_cache_entries(directory_.path(), CachePool::kMetadata))
      bytes += entry.bytes;
    ASSERT_LE(bytes, 10'000U);
  }
  EXPECT_TRUE(has(100));
  EXPECT_TRUE(has(95));
}

TEST_F(CacheRoomFilesTest, WhatIsLargerThanAllOfItPushesNothingOut) {
  for (std::uint64_t number = 1; number <= 5; ++number) add(number);
  CacheRoom room = this->room(10'000);
  EXPECT_FALSE(room.take(10'001));
  EXPECT_TRUE(has(1));
  EXPECT_TRUE(room.take(1000)) << "what is small enough is not refused with it";
}

TEST_F(CacheRoomFilesTest, ASizeOfNothingKeepsNothing) {
  for (std::uint64_t number = 1; number <= 5; ++number) add(number);
  CacheRoom room = this->room(0);
  EXPECT_FALSE(room.take(1));
  EXPECT_FALSE(has(1) || has(5));
}

TEST_F(CacheRoomFilesTest, LeavesFreeWhatItHasTo) {
  const DiskSpace disk = DiskSpace::of(directory_.path());
  add(1);
  CacheRoom room(directory_.path(), CachePool::kMetadata,
                 {.max_bytes = UINT64_MAX, .min_free_bytes = disk.total});
  EXPECT_FALSE(room.take(1));
  EXPECT_FALSE(has(1)) << "others need the room";
}

TEST_F(CacheRoomFilesTest, ADirectoryThatIsGoneIsAnError) {
  CacheRoom room(directory_ / "nowhere", CachePool::kMetadata, {});
  EXPECT_TRUE(test::fails_with(ErrorCode::kNotFound, [&] { room.take(1); }));
}

}  // namespace
}  // namespace snapfs
