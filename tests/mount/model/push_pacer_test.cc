// What is pushed, by readers of all kinds: a kernel that keeps what it was given is played here.
#include "mount/model/push_pacer.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Le;

constexpr Ino kDirectory = kFirstTreeIno + 1;
constexpr std::uint64_t kSmall = 13'000;
constexpr std::uint64_t kLarge = 1 << 20;

TreeListing listing_of(const std::vector<std::uint64_t>& sizes) {
  TreeListing listing;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    Node node = test::make_node(std::to_string(10'000 + i), NodeType::kFile);
    node.size = sizes[i];
    listing.nodes.push_back(node);
  }
  return listing;
}

TreeListing files(std::size_t count, std::uint64_t size = kSmall) {
  return listing_of(std::vector<std::uint64_t>(count, size));
}

std::vector<std::size_t> in_order(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

/// Programs that read, a kernel that asks for what it does not have, and a mount that pushes.
class Scene {
 public:
  explicit Scene(const PushLimits& limits = {}) : pacer(limits) {}

  /// Says whether the mount was asked for the file. What is to be pushed is pushed before the next
  /// read, unless `push_later`.
  bool read(Ino directory, const TreeListing& listing, std::size_t index, ReaderId reader = 1) {
    now += step;
    if (listing.nodes[index].size == 0 || cached.contains({directory, index})) return false;
    ++reads;
    const auto told = pacer.after_read(reader, directory, listing, index, now);
    EXPECT_TRUE(std::ranges::is_sorted(told));
    for (const std::size_t file : told) {
      EXPECT_NE(file, index);
      EXPECT_TRUE(queued.emplace(std::pair(directory, file), &listing).second)
          << file << " was told of twice";
    }
    if (keeps) cached.insert({directory, index});
    if (!push_later) push_all();
    most_ahead = std::max(most_ahead, pacer.ahead_bytes());
    return true;
  }

  void list(Ino directory, const TreeListing& listing, ReaderId reader = 1) {
    for (const std::size_t file : pacer.after_listing(reader, directory, listing, now)) {
      EXPECT_TRUE(queued.emplace(std::pair(directory, file), &listing).second);
    }
    if (!push_later) push_all();
  }

  void read_all(Ino directory, const TreeListing& listing, const std::vector<std::size_t>& order,
                ReaderId reader = 1) {
    for (const std::size_t index : order) read(directory, listing, index, reader);
  }

  void push_all() {
    for (const auto& [place, listing] : std::exchange(queued, {})) push(place, *listing);
  }

  bool push(const std::pair<Ino, std::size_t>& place, const TreeListing& listing) {
    const auto& [directory, index] = place;
    queued.erase(place);
    if (!pacer.is_wanted(directory, index)) return false;
    const std::uint64_t size = listing.nodes[index].size;
    if (never_lost) {
      EXPECT_EQ(cached.count(place), 0U) << "what the kernel has is not pushed: " << index;
    }
    if (keeps) cached.insert(place);
    pacer.pushed(directory, index, size);
    return true;
  }

  PushPacer pacer;
  PushPacer::Time now{};
  std::chrono::milliseconds step{0};
  bool push_later = false;
  bool keeps = true;       ///< the kernel keeps what it is given
  bool never_lost = true;  ///< and until it is read
  std::set<std::pair<Ino, std::size_t>> cached;
  std::map<std::pair<Ino, std::size_t>, const TreeListing*> queued;
  std::size_t reads = 0;
  std::uint64_t most_ahead = 0;
};

TEST(PushPacer, FilesInOrderBringTheOnesAfterThem) {
  const TreeListing listing = files(100, 4096);
  Scene scene;
  scene.push_later = true;
  scene.read(kDirectory, listing, 0);
  scene.read(kDirectory, listing, 1);
  EXPECT_THAT(scene.queued, IsEmpty()) << "two may be chance";
  scene.read(kDirectory, listing, 2);
  ASSERT_FALSE(scene.queued.empty());
  EXPECT_EQ(scene.queued.begin()->first.second, 4U)
      << "the next one will be asked for before it can be pushed";
}

TEST(PushPacer, OneFileOfEachWindowStaysUnpushed) {
  // A window is 256 KiB at first, two of them are kept ahead.
  const TreeListing listing = files(200, 32 << 10);
  Scene scene;
  for (const std::size_t index : {0, 1, 2, 3}) scene.read(kDirectory, listing, index);
  std::vector<std::size_t> unpushed;
  for (std::size_t i = 4; i < 24; ++i) {
    if (!scene.cached.contains({kDirectory, i})) unpushed.push_back(i);
  }
  EXPECT_THAT(unpushed, ElementsAre(12, 21, 22, 23));
  EXPECT_EQ(scene.pacer.ahead_bytes(), 512U << 10);
  for (std::size_t i = 4; i < 12; ++i) EXPECT_FALSE(scene.read(kDirectory, listing, i));
  EXPECT_EQ(scene.pacer.counters().beacons, 0U);
  EXPECT_EQ(scene.pacer.counters().files, 16U) << "no beacon, no more";
  EXPECT_TRUE(scene.read(kDirectory, listing, 12));
  EXPECT_EQ(scene.pacer.counters().beacons, 1U);
  EXPECT_EQ(scene.pacer.counters().files, 32U) << "the next window is twice as large";
}

TEST(PushPacer, FewReadsAreLeft) {
  const TreeListing listing = files(10'000);
  Scene scene;
  scene.read_all(kDirectory, listing, in_order(10'000));
  EXPECT_LT(scene.reads, 60U);
  EXPECT_EQ(scene.pacer.counters().files + scene.reads, 10'000U);
  EXPECT_EQ(scene.pacer.counters().unread_bytes, 0U);
  EXPECT_LE(scene.most_ahead, PushLimits{}.max_bytes);
  EXPECT_GT(scene.most_ahead, PushLimits{}.max_bytes / 4);
}

TEST(PushPacer, BytesAreBounded) {
  const TreeListing listing = files(2'000, 60'000);
  Scene scene({.max_bytes = 1 << 20});
  scene.read_all(kDirectory, listing, in_order(2'000));
  EXPECT_LE(scene.most_ahead, 1U << 20);
  EXPECT_LT(scene.reads, 400U);
}

/// `tar` goes down into a directory when it comes to it, and comes back.
TEST(PushPacer, BytesOfManyDirectoriesAreBoundedTogether) {
  const TreeListing listing = files(1'000, 60'000);
  Scene scene;
  for (std::size_t depth = 0; depth < 12; ++depth) {
    scene.read_all(kDirectory + depth, listing, in_order(500));
  }
  EXPECT_LE(scene.most_ahead, PushLimits{}.max_bytes);
  scene.reads = 0;
  for (std::size_t depth = 12; depth-- > 0;) {
    for (std::size_t i = 500; i < 1'000; ++i) scene.read(kDirectory + depth, listing, i);
  }
  EXPECT_LT(scene.reads, 600U) << "what is below stays known";
  EXPECT_LE(scene.most_ahead, PushLimits{}.max_bytes);
}

TEST(PushPacer, LargeFilesAreAskedForAndAreBeacons) {
  std::vector<std::uint64_t> sizes;
  for (int i = 0; i < 300; ++i) sizes.push_back(i % 10 == 9 ? kLarge : kSmall);
  const TreeListing listing = listing_of(sizes);
  Scene scene;
  scene.read_all(kDirectory, listing, in_order(300));
  for (const auto& [directory, index] : scene.cached) EXPECT_LT(index, 300U);
  EXPECT_EQ(scene.pacer.counters().files + scene.reads, 300U);
  EXPECT_GE(scene.pacer.counters().beacons, 28U);
  EXPECT_LT(scene.reads, 30U + 15U);
}

TEST(PushPacer, EmptyAndLinkedFilesAreLeftOut) {
  TreeListing listing;
  for (int i = 0; i < 60; ++i) {
    Node node = test::make_node(std::to_string(1000 + i), NodeType::kFile);
    node.size = i % 3 == 1 ? 0 : kSmall;
    if (i % 3 == 2) {
      node.links = 2;
      node.inode = 7;
    }
    listing.nodes.push_back(node);
  }
  Scene scene;
  scene.push_later = true;
  for (std::size_t i = 0; i <= 6; ++i) scene.read(kDirectory, listing, i);
  ASSERT_FALSE(scene.queued.empty());
  for (const auto& [place, of] : scene.queued) EXPECT_EQ(place.second % 3, 0U);
}

TEST(PushPacer, MissingContentIsNeverPushed) {
  TreeListing listing = files(50);
  listing.unusual.push_back({10, {kSmall, 0, false}});
  Scene scene;
  scene.push_later = true;
  for (const std::size_t index : {0, 1, 2}) scene.read(kDirectory, listing, index);
  EXPECT_FALSE(scene.queued.contains({kDirectory, 10}));
  EXPECT_TRUE(scene.queued.contains({kDirectory, 9}));
  EXPECT_TRUE(scene.queued.contains({kDirectory, 11}));
}

TEST(PushPacer, AReaderOfWholeDirectoriesIsKnownInTheNext) {
  const TreeListing listing = files(20);
  Scene scene;
  scene.read_all(kDirectory, listing, in_order(20));
  for (Ino directory = kDirectory + 1; directory < kDirectory + 100; ++directory) {
    scene.reads = 0;
    scene.read_all(directory, listing, in_order(20));
    EXPECT_LE(scene.reads, 3U) << "the first, the one after it, and perhaps a beacon";
  }
}

TEST(PushPacer, ToAReaderOfWholeDirectoriesAListingSaysEnough) {
  const TreeListing listing = files(20);
  Scene scene;
  scene.read_all(kDirectory, listing, in_order(20));
  scene.reads = 0;
  for (Ino directory = kDirectory + 1; directory <= kDirectory + 100; ++directory) {
    scene.list(directory, listing);
    scene.read_all(directory, listing, in_order(20));
  }
  EXPECT_LT(scene.reads, 150U) << "the first of each, and a beacon in some";
  EXPECT_EQ(scene.pacer.counters().unread_bytes, 0U);
}

TEST(PushPacer, AListingAloneStartsNothing) {
  const TreeListing listing = files(20);
  Scene scene;
  for (Ino directory = kDirectory; directory < kDirectory + 100; ++directory) {
    scene.list(directory, listing);
  }
  scene.read_all(kDirectory + 100, listing, in_order(20), 1);
  const std::uint64_t before = scene.pacer.counters().files;
  for (Ino directory = kDirectory + 101; directory < kDirectory + 200; ++directory) {
    scene.list(directory, listing, 2);  // somebody else
  }
  EXPECT_EQ(scene.pacer.counters().files, before);
  // The reader may go on to list only.
  for (Ino directory = kDirectory + 201; directory < kDirectory + 300; ++directory) {
    scene.list(directory, listing, 1);
  }
  EXPECT_LE(scene.pacer.counters().files - before, 4U * 20);
}

/// As rsync does.
TEST(PushPacer, DirectoriesMayBeListedFarAhead) {
  const TreeListing listing = files(20);
  Scene scene;
  for (Ino directory = kDirectory; directory < kDirectory + 300; ++directory) {
    scene.list(directory, listing);
    if (directory < kDirectory + 50) continue;
    scene.read_all(directory - 50, listing, in_order(20));
  }
  EXPECT_LT(scene.reads, 250U * 3);
}

TEST(PushPacer, NotAllThatIsListedFarAheadIsPushed) {
  const TreeListing listing = files(20);
  Scene scene;
  scene.read_all(kDirectory, listing, in_order(20));
  const std::uint64_t before = scene.pacer.counters().files;
  for (Ino directory = kDirectory + 1; directory < kDirectory + 500; ++directory) {
    scene.list(directory, listing);
  }
  EXPECT_LE(scene.pacer.counters().files - before, 4U * 20);
  for (Ino directory = kDirectory + 1; directory < kDirectory + 500; ++directory) {
    scene.read_all(directory, listing, in_order(20));
  }
  EXPECT_EQ(scene.pacer.counters().files + scene.reads, 500U * 20) << "each was pushed or read";
}

TEST(PushPacer, WhoReadsTheFirstFilesOnlyIsNotFedForLong) {
  const TreeListing listing = files(20);
  Scene scene;
  scene.read_all(kDirectory, listing, in_order(20));
  const std::uint64_t before = scene.pacer.counters().files;
  for (Ino directory = kDirectory + 1; directory < kDirectory + 1000; ++directory) {
    scene.read(directory, listing, 0);
  }
  EXPECT_LE(scene.pacer.counters().files - before, 8U * 20);
}

TEST(PushPacer, SeveralReadersAreToldApart) {
  const TreeListing listing = files(1'000);
  Scene scene;
  for (std::size_t i = 0; i < 1'000; ++i) {
    for (Ino reader = 1; reader <= 4; ++reader) {
      scene.read(kDirectory + reader, listing, i, reader);
    }
  }
  EXPECT_LT(scene.reads, 4U * 30);
}

TEST(PushPacer, ASecondReaderOfADirectoryNeedsNothing) {
  const TreeListing listing = files(1'000);
  Scene scene;
  for (std::size_t i = 0; i < 1'000; ++i) {
    scene.read(kDirectory, listing, i, 1);
    if (i >= 300) scene.read(kDirectory, listing, i - 300, 2);
  }
  EXPECT_LT(scene.reads, 30U);
}

TEST(PushPacer, AnotherProcessForEachFileIsOneReader) {
  const TreeListing listing = files(1'000);
  Scene scene;
  for (std::size_t i = 0; i < 1'000; ++i) scene.read(kDirectory, listing, i, 100 + i);
  EXPECT_LT(scene.reads, 30U);
}

TEST(PushPacer, BackwardsNothingIsPushed) {
  const TreeListing listing = files(500);
  Scene scene;
  std::vector<std::size_t> order = in_order(500);
  std::ranges::reverse(order);
  scene.read_all(kDirectory, listing, order);
  EXPECT_EQ(scene.pacer.counters().files, 0U);
}

TEST(PushPacer, EveryOtherFileBringsNothing) {
  const TreeListing listing = files(500);
  Scene scene;
  for (std::size_t i = 0; i < 500; i += 2) scene.read(kDirectory, listing, i);
  EXPECT_EQ(scene.pacer.counters().files, 0U);
}

TEST(PushPacer, RandomReadersAreNotFed) {
  const TreeListing listing = files(500);
  Scene scene;
  std::vector<std::size_t> order = in_order(500);
  std::mt19937 random(7);
  std::ranges::shuffle(order, random);
  scene.read_all(kDirectory, listing, order);
  EXPECT_LE(scene.pacer.counters().files, 5U);
}

TEST(PushPacer, APauseBringsNoMoreAndMakesTheWindowSmaller) {
  const TreeListing listing = files(1'000);
  const auto ahead_after = [&](std::chrono::milliseconds step) {
    Scene scene;
    scene.step = step;
    scene.read_all(kDirectory, listing, in_order(500));
    return scene.pacer.ahead_bytes();
  };
  EXPECT_GT(ahead_after(std::chrono::milliseconds(1)), 1U << 20);
  EXPECT_LT(ahead_after(std::chrono::seconds(1)), 200U << 10);
}

/// O_DIRECT, or a kernel without room.
TEST(PushPacer, WhatIsNotKeptIsSoonNotPushed) {
  const TreeListing listing = files(3'000);
  Scene scene;
  scene.keeps = false;
  scene.read_all(kDirectory, listing, in_order(3'000));
  EXPECT_EQ(scene.reads, 3'000U);
  EXPECT_LT(scene.pacer.counters().files, 300U);
  EXPECT_GT(scene.pacer.counters().unread_bytes, 0U);
  for (Ino directory = kDirectory + 1; directory < kDirectory + 100; ++directory) {
    scene.read_all(directory, listing, in_order(20));
  }
  EXPECT_LT(scene.pacer.counters().files, 400U);
}

TEST(PushPacer, LossesHalveTheWindowAndItGrowsAgain) {
  const TreeListing listing = files(4'000);
  Scene scene;
  scene.read_all(kDirectory, listing, in_order(1'000));
  const std::uint64_t before = scene.pacer.ahead_bytes();
  // As drop_caches does.
  scene.never_lost = false;
  for (std::size_t i = 1'000; i < 1'010; ++i) scene.cached.erase({kDirectory, i});
  scene.read_all(kDirectory, listing, {1'000, 1'001, 1'002});
  EXPECT_EQ(scene.pacer.counters().unread_bytes, 3 * kSmall);
  for (std::size_t i = 1'003; i < 4'000; ++i) scene.read(kDirectory, listing, i);
  EXPECT_LT(scene.reads, 120U);
  EXPECT_GT(before, 1U << 20);
}

TEST(PushPacer, ThePusherGivesWayToItsReader) {
  const TreeListing listing = files(100, 4096);
  Scene scene;
  scene.push_later = true;
  for (const std::size_t index : {0, 1, 2, 3, 4, 5, 6}) scene.read(kDirectory, listing, index);
  EXPECT_FALSE(scene.pacer.is_wanted(kDirectory, 6)) << "is being read";
  EXPECT_FALSE(scene.pacer.is_wanted(kDirectory, 7)) << "will be asked for at once";
  EXPECT_TRUE(scene.pacer.is_wanted(kDirectory, 8));
  EXPECT_EQ(scene.pacer.counters().unread_bytes, 0U);
}

TEST(PushPacer, WhatCannotBePushedIsABeacon) {
  const TreeListing listing = files(100, 4096);
  Scene scene;
  scene.push_later = true;
  for (const std::size_t index : {0, 1, 2}) scene.read(kDirectory, listing, index);
  scene.pacer.pushed(kDirectory, 4, 4096);
  scene.pacer.skipped(kDirectory, 5);
  EXPECT_FALSE(scene.pacer.is_wanted(kDirectory, 5));
  EXPECT_TRUE(scene.pacer.is_wanted(kDirectory, 6));
  scene.read(kDirectory, listing, 5);
  EXPECT_EQ(scene.pacer.counters().beacons, 1U);
  EXPECT_EQ(scene.pacer.counters().unread_bytes, 0U);
}

TEST(PushPacer, TinyFilesCountAsPages) {
  const TreeListing listing = files(20'000, 1);
  Scene scene;
  scene.read_all(kDirectory, listing, in_order(20'000));
  EXPECT_LE(scene.most_ahead, PushLimits{}.max_bytes);
  EXPECT_LE(scene.pacer.counters().files, 20'000U);
  EXPECT_LT(scene.reads, 100U);
}

TEST(PushPacer, ARefusalEndsTheDirectory) {
  const TreeListing listing = files(1'000, 4096);
  Scene scene;
  scene.push_later = true;
  for (const std::size_t index : {0, 1, 2}) scene.read(kDirectory, listing, index);
  ASSERT_TRUE(scene.pacer.is_wanted(kDirectory, 10));
  scene.pacer.refused(kDirectory);
  EXPECT_FALSE(scene.pacer.is_wanted(kDirectory, 10));
  EXPECT_EQ(scene.pacer.ahead_bytes(), 0U);
  scene.queued.clear();
  for (const std::size_t index : {3, 4, 5}) scene.read(kDirectory, listing, index);
  EXPECT_THAT(scene.queued, IsEmpty()) << "more than the first time is asked for";
}

TEST(PushPacer, GivingUpForgetsWhatWasWanted) {
  const TreeListing listing = files(1'000, 4096);
  Scene scene;
  scene.push_later = true;
  for (const std::size_t index : {0, 1, 2}) scene.read(kDirectory, listing, index);
  scene.pacer.give_up();
  EXPECT_FALSE(scene.pacer.is_wanted(kDirectory, 10));
  scene.queued.clear();
  for (const std::size_t index : {3, 4, 5, 6}) scene.read(kDirectory, listing, index);
  EXPECT_FALSE(scene.queued.empty());
}

TEST(PushPacer, ADirectoryThatWasForgottenIsNotPushed) {
  const TreeListing listing = files(100, 4096);
  Scene scene;
  scene.push_later = true;
  for (const std::size_t index : {0, 1, 2}) scene.read(kDirectory, listing, index);
  ASSERT_TRUE(scene.pacer.is_wanted(kDirectory, 10));
  for (Ino other = kDirectory + 1; other < kDirectory + 100; ++other) {
    scene.read(other, listing, 5, 2);
  }
  EXPECT_FALSE(scene.pacer.is_wanted(kDirectory, 10));
}

}  // namespace
}  // namespace snapfs
