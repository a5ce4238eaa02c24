#include "fs/base/rate_limit.h"

#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/manual_timer.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateLimit, GivesTurnsOneAfterTheOther) {
  test::ManualTimer timer;
  const Timer::TimePoint start = timer.now();
  RateLimit limit(1000, timer);
  EXPECT_EQ(limit.reserve(500), start);
  EXPECT_EQ(limit.reserve(2000), start + milliseconds(500));
  EXPECT_EQ(limit.reserve(1), start + milliseconds(2500));
}

TEST(RateLimit, MakesGoodForWhatWasUnusedForAShortTimeOnly) {
  test::ManualTimer timer;
  RateLimit limit(1000, timer);
  timer.advance(seconds(60));
  const Timer::TimePoint now = timer.now();
  EXPECT_LE(limit.reserve(50), now);
  EXPECT_LE(limit.reserve(1), now);
  EXPECT_GT(limit.reserve(1), now) << "50 ms were made good for already";
}

TEST(RateLimit, IsExactOverTime) {
  // Neither divides a second of nanoseconds: what every turn rounds away must not add up.
  constexpr std::uint64_t kRate = 7'777'777;
  test::ManualTimer timer;
  const Timer::TimePoint start = timer.now();
  RateLimit limit(kRate, timer);
  for (std::uint64_t i = 0; i < kRate; ++i) limit.reserve(3);
  EXPECT_EQ(limit.reserve(1), start + seconds(3));
}

TEST(RateLimit, IsSharedByAllThatMoveBytes) {
  test::ManualTimer timer;
  const Timer::TimePoint start = timer.now();
  RateLimit limit(1'000'000, timer);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) limit.reserve(250);
      });
    }
  }
  EXPECT_EQ(limit.reserve(1), start + seconds(1));
}

TEST(RateLimit, LargeTurnsDoNotOverflow) {
  test::ManualTimer timer;
  const Timer::TimePoint start = timer.now();
  RateLimit limit(1 << 20, timer);
  limit.reserve(std::uint64_t{1} << 32);
  EXPECT_EQ(limit.reserve(1), start + seconds(4096));
}

TEST(RateLimit, OfNothingIsNone) {
  test::ManualTimer timer;
  RateLimit limit(0, timer);
  EXPECT_TRUE(limit.is_unlimited());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.reserve(1 << 30), timer.now());
}

TEST(RateLimit, BlocksUntilTheTurnCame) {
  test::InstantTimer timer;
  RateLimit limit(1000, timer);
  limit.pass(300, {});
  EXPECT_TRUE(timer.waits().empty());
  limit.pass(100, {});
  limit.pass(1, {});
  EXPECT_EQ(timer.waits(), (std::vector{milliseconds(300), milliseconds(100)}));
}

TEST(RateLimit, AStopEndsTheWait) {
  test::ManualTimer timer;
  RateLimit limit(1, timer);
  limit.reserve(1000);
  StopSource source;
  std::jthread caller([&] {
    EXPECT_TRUE(
        test::fails_with(ErrorCode::kCancelled, [&] { limit.pass(1, source.get_token()); }));
  });
  EXPECT_TRUE(timer.wait_until_waiting(1));
  source.request_stop();
}

}  // namespace
}  // namespace snapfs
