// Which blobs are read together.
#include "fs/fetch/pack_run.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using ::testing::ElementsAre;

StoredBlob blob(std::uint8_t pack, std::uint32_t offset, std::uint32_t length) {
  StoredBlob result;
  result.location.pack.bytes.fill(pack);
  result.location.offset = offset;
  result.location.length = length;
  return result;
}

/// Pack, first and last byte of each run, and how many blobs it has.
std::vector<std::string> describe(const std::vector<PackRun>& runs) {
  std::vector<std::string> lines;
  for (const PackRun& run : runs) {
    lines.push_back(std::to_string(run.pack.bytes[0]) + ":" + std::to_string(run.begin()) + "-" +
                    std::to_string(run.end()) + " " + std::to_string(run.blobs.size()));
  }
  return lines;
}

TEST(PlanRuns, NeighboursAreOneRunWhateverTheirOrder) {
  EXPECT_THAT(describe(plan_runs({blob(1, 200, 50), blob(1, 0, 100), blob(1, 100, 100)})),
              ElementsAre("1:0-250 3"));
}

TEST(PlanRuns, GapsAreReadUpToALimit) {
  const RunLimits limits{.max_gap = 10, .max_length = 1000};
  EXPECT_THAT(describe(plan_runs({blob(1, 0, 10), blob(1, 20, 10), blob(1, 41, 10)}, limits)),
              ElementsAre("1:0-30 2", "1:41-51 1"));
}

TEST(PlanRuns, LengthIsLimitedButNotOfOneBlob) {
  const RunLimits limits{.max_gap = 10, .max_length = 100};
  EXPECT_THAT(describe(plan_runs(
                  {blob(1, 0, 60), blob(1, 60, 40), blob(1, 100, 1), blob(1, 101, 500)}, limits)),
              ElementsAre("1:0-100 2", "1:100-101 1", "1:101-601 1"));
}

TEST(PlanRuns, RunsComeInTheOrderOfTheFirstNeed) {
  EXPECT_THAT(describe(plan_runs({blob(2, 0, 5), blob(1, 0, 5), blob(2, 5, 5), blob(0, 0, 5)})),
              ElementsAre("2:0-10 2", "1:0-5 1", "0:0-5 1"));
}

TEST(PlanRuns, SameCopyTwiceIsReadOnce) {
  EXPECT_THAT(describe(plan_runs({blob(1, 0, 5), blob(1, 0, 5)})), ElementsAre("1:0-5 2"));
}

TEST(PlanRuns, OverlapsOfACraftedIndexStayApart) {
  EXPECT_THAT(
      describe(plan_runs({blob(1, 0, 100), blob(1, 50, 10), blob(1, 4294967290, 4294967295)})),
      ElementsAre("1:0-100 1", "1:50-60 1", "1:4294967290-8589934585 1"));
}

}  // namespace
}  // namespace snapfs
