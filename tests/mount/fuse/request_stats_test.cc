// Counting requests, and showing those in progress.
#include "mount/fuse/request_stats.h"

#include <deque>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RequestStats, CountsWhatHasEnded) {
  RequestStats stats;
  {
    const RequestStats::Scope scope(stats, RequestKind::kRead, 17);
    EXPECT_EQ(stats.answered(RequestKind::kRead), 0U);
    EXPECT_THAT(stats.text(), HasSubstr("read       inode 17, for "));
  }
  EXPECT_EQ(stats.answered(RequestKind::kRead), 1U);
  EXPECT_EQ(stats.answered(RequestKind::kLookup), 0U);
  EXPECT_THAT(stats.text(), HasSubstr("read                  1, mean "));
  EXPECT_THAT(stats.text(), Not(HasSubstr("inode")));
  EXPECT_THAT(stats.text(), Not(HasSubstr("lookup")));
}

TEST(RequestStats, CountsMoreAtOnceThanItShows) {
  RequestStats stats;
  constexpr std::size_t kMany = 100;
  {
    std::deque<RequestStats::Scope> scopes;
    for (std::size_t i = 0; i < kMany; ++i) scopes.emplace_back(stats, RequestKind::kLookup, i);
  }
  EXPECT_EQ(stats.answered(RequestKind::kLookup), kMany);
}

TEST(RequestStats, CountsFromManyThreads) {
  RequestStats stats;
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&stats] {
        for (int n = 0; n < kEach; ++n) RequestStats::Scope(stats, RequestKind::kGetattr, 1);
      });
    }
  }
  EXPECT_EQ(stats.answered(RequestKind::kGetattr), static_cast<unsigned>(kThreads * kEach));
}

}  // namespace
}  // namespace snapfs
