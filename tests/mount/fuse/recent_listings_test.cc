// Which listings are kept, and for how long.
#include "mount/fuse/recent_listings.h"

#include <memory>
#include <string_view>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

class Nothing final : public OpenDirectory {
 public:
  InodeNumber self() const noexcept override { return 2; }
  InodeNumber parent() const noexcept override { return 1; }
  std::size_t size() const noexcept override { return 0; }
  std::string_view name(std::size_t) const override { return {}; }
  Entry entry(std::size_t) const override { return {}; }
  bool stable() const noexcept override { return false; }
};

std::shared_ptr<const OpenDirectory> listing() { return std::make_shared<Nothing>(); }

TEST(RecentListings, AreOfOneDirectory) {
  RecentListings listings;
  const auto kept = listing();
  const std::uint64_t number = listings.keep(7, kept);
  EXPECT_EQ(listings.find(7, number), kept);
  EXPECT_EQ(listings.find(8, number), nullptr);
  EXPECT_EQ(listings.find(7, number + 1), nullptr);
  EXPECT_EQ(listings.find(7, 0), nullptr);
}

TEST(RecentListings, TheOldestMakesRoom) {
  RecentListings listings;
  const std::uint64_t first = listings.keep(7, listing());
  for (std::size_t i = 1; i < RecentListings::kKept; ++i) listings.keep(8, listing());
  EXPECT_NE(listings.find(7, first), nullptr);
  const std::uint64_t last = listings.keep(8, listing());
  EXPECT_EQ(listings.find(7, first), nullptr);
  EXPECT_NE(listings.find(8, last), nullptr);
}

TEST(RecentListings, WhatWasReadToItsEndMakesRoomFirst) {
  RecentListings listings;
  const std::uint64_t slow = listings.keep(7, listing());
  for (std::size_t i = 0; i < 10 * RecentListings::kKept; ++i) {
    listings.finish(8, listings.keep(8, listing()));
  }
  EXPECT_NE(listings.find(7, slow), nullptr);
  listings.finish(9, slow);
  for (std::size_t i = 0; i < RecentListings::kKept - 1; ++i) listings.keep(8, listing());
  EXPECT_NE(listings.find(7, slow), nullptr) << "another directory's number was finished";
  listings.finish(7, slow);
  listings.keep(8, listing());
  EXPECT_EQ(listings.find(7, slow), nullptr);
}

}  // namespace
}  // namespace snapfs
