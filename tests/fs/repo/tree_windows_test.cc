// What is loaded of a pack of trees when one of them is wanted, and what is kept of it.
#include "fs/repo/tree_windows.h"

#include <cstdint>
#include <utility>

#include <gtest/gtest.h>

#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::numbered_id;

constexpr std::uint64_t kFirst = TreeWindows::kFirstBytes;

class TreeWindowsTest : public ::testing::Test {
 protected:
  /// The byte at each place of the pack.
  static Bytes bytes_of(const ByteRange& range) {
    Bytes bytes(range.length);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>((range.offset + i) % 251);
    }
    return bytes;
  }

  using Place = std::pair<std::uint64_t, std::uint64_t>;  ///< offset and length
  static Place place_of(const ByteRange& range) { return {range.offset, range.length}; }

  /// As somebody does who wants the range: what was loaded.
  ByteRange load(const ByteRange& range, const Id& pack = numbered_id(1)) {
    auto window = windows_.widened(pack, range);
    window.loaded(bytes_of(window.range()), true);
    return window.range();
  }

  TreeWindows windows_;
};

TEST_F(TreeWindowsTest, KeepsWhatCameWithTheOneThatWasWanted) {
  const ByteRange wanted{10 * kFirst, 100};
  EXPECT_FALSE(windows_.part(numbered_id(1), wanted));
  const ByteRange loaded = load(wanted);
  EXPECT_EQ(loaded.offset + loaded.length, wanted.offset + wanted.length);
  EXPECT_EQ(loaded.length, kFirst);
  for (const ByteRange range :
       {wanted, loaded, ByteRange{loaded.offset, 1}, ByteRange{loaded.offset + 70'000, 500}}) {
    EXPECT_EQ(windows_.part(numbered_id(1), range), bytes_of(range)) << range.offset;
  }
  EXPECT_FALSE(windows_.part(numbered_id(1), {loaded.offset - 1, 2}));
  EXPECT_FALSE(windows_.part(numbered_id(1), {wanted.offset, wanted.length + 1}));
  EXPECT_FALSE(windows_.part(numbered_id(2), wanted));
}

TEST_F(TreeWindowsTest, BeginWithThePackOrWithWhatIsWanted) {
  EXPECT_EQ(place_of(load({1000, 50})), Place(0, 1050));
  EXPECT_EQ(place_of(load({100, 5 * kFirst}, numbered_id(2))), Place(100, 5 * kFirst))
      << "nothing comes along with what is large";
}

TEST_F(TreeWindowsTest, GrowForWhoGoesDown) {
  std::uint64_t place = 100 * TreeWindows::kLargestBytes;
  for (std::uint64_t bytes = kFirst; bytes <= TreeWindows::kLargestBytes; bytes *= 2) {
    const ByteRange loaded = load({place, 10});
    EXPECT_EQ(loaded.length, bytes);
    place = loaded.offset - 500;
  }
  const ByteRange loaded = load({place, 10});
  EXPECT_EQ(loaded.length, TreeWindows::kLargestBytes);
  EXPECT_EQ(load({place, 10}, numbered_id(2)).length, kFirst);
  EXPECT_EQ(load({loaded.offset - 2 * TreeWindows::kLargestBytes, 10}).length, kFirst)
      << "somewhere else";
  EXPECT_EQ(load({place + 10 * TreeWindows::kLargestBytes, 10}).length, kFirst) << "upwards";
}

TEST_F(TreeWindowsTest, OneThatWasNotLoadedDoesNotCount) {
  { const auto failed = windows_.widened(numbered_id(1), {10 * kFirst, 10}); }
  EXPECT_EQ(load({10 * kFirst, 10}).length, kFirst);
}

TEST_F(TreeWindowsTest, NothingComesTwice) {
  for (const bool keep : {true, false}) {
    const Id pack = numbered_id(keep ? 1 : 2);
    std::uint64_t loaded = 0;
    for (std::uint64_t place = 10 * kFirst; place < 11 * kFirst; place += 500) {
      auto window = windows_.widened(pack, {place, 400});
      EXPECT_EQ(window.range().offset + window.range().length, place + 400);
      loaded += window.range().length;
      window.loaded(bytes_of(window.range()), keep);
    }
    EXPECT_LE(loaded, 2 * kFirst) << keep;
  }
}

TEST_F(TreeWindowsTest, ThoseThatAreKeptElsewhereAreForgottenToo) {
  for (std::uint64_t i = 0; i < TreeWindows::kMostWindows + 1; ++i) {
    auto window = windows_.widened(numbered_id(i), {10 * kFirst, 10});
    window.loaded(bytes_of(window.range()), false);
  }
  EXPECT_EQ(load({10 * kFirst + 10, 10}, numbered_id(0)).length, kFirst);
  EXPECT_EQ(load({10 * kFirst + 10, 10}, numbered_id(2)).length, 10U) << "it was not the oldest";
}

TEST_F(TreeWindowsTest, OneOfAPackAtATime) {
  const ByteRange wanted{10 * kFirst, 10};
  {
    const auto first = windows_.widened(numbered_id(1), wanted);
    EXPECT_EQ(first.range().length, kFirst);
    auto second = windows_.widened(numbered_id(1), {wanted.offset - 500, 20});
    EXPECT_EQ(place_of(second.range()), Place(wanted.offset - 500, 20));
    second.loaded(bytes_of(second.range()), true);
    EXPECT_FALSE(windows_.part(numbered_id(1), second.range())) << "it has its reader already";
    EXPECT_EQ(windows_.widened(numbered_id(2), wanted).range().length, kFirst);
  }
  EXPECT_EQ(windows_.widened(numbered_id(1), wanted).range().length, kFirst);
}

TEST_F(TreeWindowsTest, WhatACacheHasIsNotKeptTwice) {
  const ByteRange wanted{10 * kFirst, 10};
  {
    auto window = windows_.widened(numbered_id(1), wanted);
    window.loaded(bytes_of(window.range()), false);
  }
  EXPECT_FALSE(windows_.part(numbered_id(1), wanted));
}

TEST_F(TreeWindowsTest, TheOldestGoWhenItIsFull) {
  constexpr std::size_t kCount = TreeWindows::kKeptBytes / kFirst;
  const ByteRange wanted{10 * kFirst, 10};
  for (std::size_t i = 0; i < kCount; ++i) load(wanted, numbered_id(i));
  EXPECT_TRUE(windows_.part(numbered_id(0), wanted));
  load(wanted, numbered_id(kCount));
  EXPECT_FALSE(windows_.part(numbered_id(0), wanted));
  EXPECT_TRUE(windows_.part(numbered_id(1), wanted));
  EXPECT_TRUE(windows_.part(numbered_id(kCount), wanted));
}

}  // namespace
}  // namespace snapfs
