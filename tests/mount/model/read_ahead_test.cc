// What is guessed from which reads.
#include "mount/model/read_ahead.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/repo/repository.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kMuch = 1 << 30;

class FileReadAheadTest : public ::testing::Test {
 protected:
  /// Far enough apart that a read in one is no continuation of a read two before.
  static constexpr std::uint64_t kBlob = 3 << 19;
  static constexpr std::size_t kBlobs = 60;

  void SetUp() override {
    for (std::size_t i = 0; i < kBlobs; ++i) {
      node_.content.push_back(maker_.add_data(std::string(kBlob, static_cast<char>('A' + i))));
    }
    maker_.flush();
    file_.emplace(node_, ContentIndex{maker_.repository().index(), zeros_});
  }

  /// The numbers of the blobs that are advised after the blob at `number` was read.
  std::vector<std::size_t> after(FileReadAhead& ahead, std::size_t number) {
    last_ = ahead.after_read(*file_, number * kBlob, (number + 1) * kBlob);
    std::vector<std::size_t> numbers;
    for (const Id& blob : last_.blobs) {
      const auto found = std::ranges::find(node_.content, blob);
      numbers.push_back(static_cast<std::size_t>(found - node_.content.begin()));
    }
    return numbers;
  }

  MemoryBackend backend_;
  test::RepositoryMaker maker_{backend_};
  ZeroBlobs zeros_;
  Node node_;
  std::optional<FileLayout> file_;
  ReadAheadAdvice last_;
};

TEST_F(FileReadAheadTest, WindowDoublesWhileReadInOrder) {
  FileReadAhead ahead(kMuch);
  EXPECT_THAT(after(ahead, 0), IsEmpty()) << "the beginning is no order yet";
  EXPECT_THAT(after(ahead, 1), ElementsAre(2));
  EXPECT_THAT(after(ahead, 2), ElementsAre(3, 4));
  EXPECT_THAT(after(ahead, 3), ElementsAre(5, 6, 7));
  std::size_t advised = 8;
  for (std::size_t i = 4; i < kBlobs; ++i) {
    for (const std::size_t number : after(ahead, i)) EXPECT_EQ(number, advised++);
    EXPECT_GT(advised, i + 1 < kBlobs ? i + 1 : i) << "always one ahead";
    EXPECT_LE(advised, i + 1 + 16);
  }
  EXPECT_EQ(advised, kBlobs);
}

TEST_F(FileReadAheadTest, BytesAreBounded) {
  FileReadAhead ahead(4 * kBlob);
  after(ahead, 0);
  std::size_t advised = 0;
  for (std::size_t i = 1; i < kBlobs; ++i) {
    for (const std::size_t number : after(ahead, i)) advised = number;
    EXPECT_LE(advised, i + 4);
  }
}

TEST_F(FileReadAheadTest, ReadElsewhereCancels) {
  FileReadAhead ahead(kMuch);
  after(ahead, 0);
  after(ahead, 1);
  const StopToken cancel = last_.cancel;
  ASSERT_TRUE(cancel.stop_possible());
  EXPECT_THAT(after(ahead, 30), IsEmpty());
  EXPECT_FALSE(cancel.stop_requested()) << "two readers are told apart";
  EXPECT_THAT(after(ahead, 50), IsEmpty());
  EXPECT_TRUE(cancel.stop_requested());
}

TEST_F(FileReadAheadTest, TwoReadersDoNotDisturbEachOther) {
  FileReadAhead ahead(kMuch);
  after(ahead, 4);
  after(ahead, 30);
  EXPECT_THAT(after(ahead, 5), ElementsAre(6));
  EXPECT_THAT(after(ahead, 31), ElementsAre(32));
  EXPECT_THAT(after(ahead, 6), ElementsAre(7, 8));
  EXPECT_THAT(after(ahead, 32), ElementsAre(33, 34));
}

TEST_F(FileReadAheadTest, RandomReadsAdviseNothing) {
  FileReadAhead ahead(kMuch);
  for (const std::size_t number : {40, 3, 21, 55, 9, 33}) {
    EXPECT_THAT(after(ahead, number), IsEmpty());
  }
}

/// A listing of files, each of one blob that is named after its place, from `first` on; the one at
/// `large` has fifty.
TreeListing listing_of(std::size_t files, std::uint64_t size, std::size_t large = SIZE_MAX,
                       std::size_t first = 0) {
  TreeListing listing;
  for (std::size_t i = 0; i < files; ++i) {
    Node node = test::make_node(std::to_string(1000 + i), NodeType::kFile);
    node.size = size;
    node.content.emplace_back();
    node.content.back().bytes.fill(static_cast<std::uint8_t>(first + i));
    if (i == large) {
      node.size = 50 << 20;
      node.content.resize(50);
    }
    listing.nodes.push_back(node);
  }
  return listing;
}

std::vector<int> numbers(const ReadAheadAdvice& advice) {
  std::vector<int> result;
  for (const Id& blob : advice.blobs) result.push_back(blob.bytes[0]);
  return result;
}

constexpr Ino kDirectory = kFirstTreeIno + 1;
constexpr Ino kOther = kFirstTreeIno + 1000;

TEST(DirectoryReadAhead, TwoFilesInOrderBringTheRest) {
  const TreeListing listing = listing_of(6, 100);
  DirectoryReadAhead ahead(kMuch);
  EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, 1)), IsEmpty());
  EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, 2)), ElementsAre(3, 4, 5));
  for (const std::size_t index : {3, 4, 5}) {
    EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, index)), IsEmpty()) << "once only";
  }
}

TEST(DirectoryReadAhead, GoesOnInWindowsBeforeTheyAreUsedUp) {
  const TreeListing listing = listing_of(120, 256 << 10);
  DirectoryReadAhead ahead(4 << 20);
  std::vector<int> advised = numbers(ahead.after_file(kDirectory, listing, 0));
  for (std::size_t i = 1; i < 120; ++i) {
    const std::vector<int> more = numbers(ahead.after_file(kDirectory, listing, i));
    EXPECT_LE(more.size(), 16U) << "4 MiB of files";
    advised.insert(advised.end(), more.begin(), more.end());
    EXPECT_GE(advised.empty() ? 0 : advised.back(), std::min<int>(static_cast<int>(i) + 1, 119));
  }
  std::vector<int> all;
  for (int i = 2; i < 120; ++i) all.push_back(i);
  EXPECT_THAT(advised, ElementsAreArray(all));
}

TEST(DirectoryReadAhead, NextDirectoryIsExpectedToBeReadTheSameWay) {
  const TreeListing listing = listing_of(4, 100);
  DirectoryReadAhead ahead(kMuch);
  EXPECT_THAT(numbers(ahead.after_listing(kOther, listing)), IsEmpty());
  ahead.after_file(kDirectory, listing, 0);
  ahead.after_file(kDirectory, listing, 1);
  EXPECT_THAT(numbers(ahead.after_listing(kOther, listing)), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(numbers(ahead.after_file(kOther, listing, 0)), IsEmpty());
  EXPECT_THAT(numbers(ahead.after_file(kOther + 1, listing, 0)), ElementsAre(1, 2, 3));
}

TEST(DirectoryReadAhead, ListingAloneAdvisesNothing) {
  const TreeListing listing = listing_of(4, 100);
  DirectoryReadAhead ahead(kMuch);
  ahead.after_file(kDirectory, listing, 0);
  ahead.after_file(kDirectory, listing, 1);
  std::size_t advised = 0;
  for (Ino directory = kOther; directory < kOther + 100; ++directory) {
    advised += ahead.after_listing(directory, listing).blobs.size();
  }
  EXPECT_LE(advised, 4 * listing.nodes.size()) << "find after cp: soon seen";
}

TEST(DirectoryReadAhead, ReadingElsewhereCancelsAndForgetsThePattern) {
  const TreeListing listing = listing_of(200, 100);
  DirectoryReadAhead ahead(2000);
  ahead.after_file(kDirectory, listing, 0);
  const ReadAheadAdvice advice = ahead.after_file(kDirectory, listing, 1);
  ASSERT_THAT(advice.blobs, SizeIs(20));
  EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, 150)), IsEmpty());
  EXPECT_TRUE(advice.cancel.stop_requested());
  EXPECT_THAT(numbers(ahead.after_listing(kOther, listing)), IsEmpty());
}

TEST(DirectoryReadAhead, TheDirectoriesThatFollowHaveTheRestOfTheWindow) {
  const TreeListing listing = listing_of(4, 1000);
  std::size_t asked = 0;
  const auto following = [&] {
    ++asked;
    return std::vector{std::make_shared<const TreeListing>(listing_of(2, 1000, SIZE_MAX, 50)),
                       std::make_shared<const TreeListing>(listing_of(9, 1000, SIZE_MAX, 70))};
  };
  DirectoryReadAhead ahead(6000);
  EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, 0, following)), IsEmpty());
  EXPECT_EQ(asked, 0U) << "one file is no pattern";
  EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, 1, following)),
              ElementsAre(2, 3, 50, 51, 70, 71));
  for (const std::size_t index : {2, 3}) {
    EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, index, following)), IsEmpty());
  }
  EXPECT_EQ(asked, 1U) << "once for a directory";
  EXPECT_THAT(numbers(ahead.after_listing(kOther, listing_of(1, 1000), following)),
              ElementsAre(0, 50, 51, 70, 71, 72));
}

TEST(DirectoryReadAhead, WhatFollowsMayBecomeKnownLater) {
  const TreeListing listing = listing_of(6, 1000);
  std::vector<std::shared_ptr<const TreeListing>> known;
  const auto following = [&] { return known; };
  DirectoryReadAhead ahead(kMuch);
  ahead.after_file(kDirectory, listing, 0, following);
  EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, 1, following)),
              ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, 2, following)), IsEmpty());
  known.push_back(std::make_shared<const TreeListing>(listing_of(1, 1000, SIZE_MAX, 50)));
  EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, 3, following)), ElementsAre(50));
}

TEST(DirectoryReadAhead, WhatFollowsWaitsUntilTheDirectoryIsOnItsWay) {
  const TreeListing listing = listing_of(9, 1000);
  std::size_t asked = 0;
  const auto following = [&] {
    ++asked;
    return std::vector{std::make_shared<const TreeListing>(listing_of(1, 1000, SIZE_MAX, 50))};
  };
  DirectoryReadAhead ahead(4000);
  ahead.after_file(kDirectory, listing, 0, following);
  EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, 1, following)),
              ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(asked, 0U);
  EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, 4, following)),
              ElementsAre(6, 7, 8, 50));
}

TEST(DirectoryReadAhead, OfALargeFileOnlyTheBeginning) {
  const TreeListing listing = listing_of(4, 100, /*large=*/2);
  DirectoryReadAhead ahead(kMuch);
  ahead.after_file(kDirectory, listing, 0);
  EXPECT_THAT(numbers(ahead.after_file(kDirectory, listing, 1)), ElementsAre(2, 3));
}

}  // namespace
}  // namespace snapfs
