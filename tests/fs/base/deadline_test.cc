// Deadlines, on a timer that tests move on.
#include "fs/base/deadline.h"

#include <stop_token>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/manual_timer.h"

namespace snapfs {
namespace {

using std::chrono::seconds;
using test::fails_with;
using test::ManualTimer;

/// Returns when the token stops.
void wait_for_stop(const StopToken& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, stop, [] { return false; });
}

TEST(Deadline, StopsItsTokenWhenTheTimeIsOver) {
  ManualTimer timer;
  const Deadline deadline(seconds(30), timer);
  ASSERT_TRUE(timer.wait_until_waiting(1));
  timer.advance(seconds(29));
  EXPECT_FALSE(deadline.passed());
  timer.advance(seconds(1));
  wait_for_stop(deadline.token());
  EXPECT_TRUE(deadline.passed());
}

TEST(Deadline, EndsBeforeItsTime) {
  ManualTimer timer;
  StopToken token;
  {
    const Deadline deadline(seconds(30), timer);
    token = deadline.token();
  }
  timer.advance(seconds(60));
  EXPECT_FALSE(token.stop_requested());
}

TEST(Within, ReturnsWhatTheWorkReturns) {
  ManualTimer timer;
  EXPECT_EQ(within(
                seconds(30), [](const StopToken& stop) { return stop.stop_possible(); }, timer),
            true);
}

TEST(Within, WorkThatTakesTooLongFailsAsStorageThatDoesNotAnswer) {
  ManualTimer timer;
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "within 30 s", [&] {
    within(
        seconds(30),
        [&](const StopToken& stop) {
          EXPECT_TRUE(timer.wait_until_waiting(1));
          timer.advance(seconds(30));
          wait_for_stop(stop);
          throw_if_stopped(stop);
        },
        timer);
  }));
}

TEST(Within, PassesOnEveryOtherFailure) {
  ManualTimer timer;
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, "by somebody else", [&] {
    within(
        seconds(30),
        [](const StopToken&) { throw Error(ErrorCode::kCancelled, "by somebody else"); }, timer);
  }));
}

}  // namespace
}  // namespace snapfs
