// Which packs a partial check reads.
#include "fs/maintain/pack_subset.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

std::vector<FileInfo> make_packs(std::size_t count) {
  std::vector<FileInfo> packs(count);
  for (std::size_t i = 0; i < count; ++i) {
    packs[i].id.bytes[0] = static_cast<std::uint8_t>(i);
    packs[i].size = 1000;
  }
  return packs;
}

std::uint32_t last(std::uint32_t bound) { return bound - 1; }

std::vector<unsigned> chosen(std::string_view text, std::size_t packs) {
  std::vector<unsigned> numbers;
  for (const FileInfo& pack : PackSubset::parse(text).choose(make_packs(packs), last)) {
    numbers.push_back(pack.id.bytes[0]);
  }
  std::ranges::sort(numbers);
  return numbers;
}

TEST(PackSubset, ByDefaultAllPacks) {
  EXPECT_EQ(PackSubset().choose(make_packs(7), last).size(), 7U);
}

TEST(PackSubset, GroupsAreToldByTheFirstByteAndTogetherAreEverything) {
  EXPECT_THAT(chosen("1/3", 8), ::testing::ElementsAre(0U, 3U, 6U));
  EXPECT_THAT(chosen("2/3", 8), ::testing::ElementsAre(1U, 4U, 7U));
  EXPECT_THAT(chosen("3/3", 8), ::testing::ElementsAre(2U, 5U));
  EXPECT_THAT(chosen("256/256", 8), ::testing::IsEmpty());
}

TEST(PackSubset, ShareIsRoundedDownButNeverNothing) {
  EXPECT_EQ(chosen("50%", 7).size(), 3U);
  EXPECT_EQ(chosen("2.5%", 7).size(), 1U);
  EXPECT_EQ(chosen("100%", 7).size(), 7U);
  EXPECT_EQ(chosen("50%", 0).size(), 0U);
}

TEST(PackSubset, RandomChoiceTakesEachPackOnce) {
  EXPECT_THAT(chosen("50%", 6), ::testing::ElementsAre(0U, 1U, 5U));
}

TEST(PackSubset, SizeIsAShareOfAllBytes) {
  EXPECT_EQ(chosen("3500b", 7).size(), 3U);
  EXPECT_EQ(chosen("4K", 7).size(), 4U);
  EXPECT_EQ(chosen("4k", 7).size(), 4U);
  EXPECT_EQ(chosen("1b", 7).size(), 1U);
  EXPECT_EQ(chosen("1T", 7).size(), 7U);
}

TEST(PackSubset, RefusesWhatIsNoPart) {
  for (const char* text : {"",
                           "5",
                           "3500",
                           "0/3",
                           "4/3",
                           "1/257",
                           "1/",
                           "/2",
                           "1/2/3",
                           "-1/2",
                           "0%",
                           "100.1%",
                           "-5%",
                           "x%",
                           "%",
                           "nan%",
                           "0",
                           "0M",
                           "M",
                           "1X",
                           "1.5G",
                           "-3",
                           "99999999999T",
                           "99999999999999999999"}) {
    EXPECT_THROW(PackSubset::parse(text), Error) << text;
  }
}

}  // namespace
}  // namespace snapfs
