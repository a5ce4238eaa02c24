// The first error wins, the token stops, and a parent's stop is an error like any other.
#include "archiver/task/tomb.h"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

std::string error_of(const Tomb& tomb) {
  try {
    tomb.rethrow_if_killed();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "none";
}

TEST(Tomb, IsAliveUntilKilled) {
  Tomb tomb;
  EXPECT_TRUE(tomb.alive());
  EXPECT_FALSE(tomb.token().stop_requested());
  EXPECT_NO_THROW(tomb.rethrow_if_killed());
}

TEST(Tomb, KeepsTheFirstError) {
  Tomb tomb;
  tomb.kill(std::make_exception_ptr(std::runtime_error("first")));
  tomb.kill(std::make_exception_ptr(std::runtime_error("second")));
  EXPECT_FALSE(tomb.alive());
  EXPECT_EQ(error_of(tomb), "first");
}

TEST(Tomb, AFailureIsStrongerThanTheCancellationsThatItBrought) {
  Tomb tomb;
  tomb.kill(std::make_exception_ptr(cancelled_error()));  // of one that waited for the failing one
  EXPECT_FALSE(tomb.alive());
  tomb.kill(std::make_exception_ptr(std::runtime_error("cause")));
  tomb.kill(std::make_exception_ptr(std::runtime_error("second")));
  EXPECT_EQ(error_of(tomb), "cause");
}

TEST(Tomb, NoFailureIsStrongerThanACancellationFromOutside) {
  StopSource parent;
  Tomb tomb(parent.get_token());
  tomb.kill(std::make_exception_ptr(cancelled_error()));
  parent.request_stop();
  tomb.kill(std::make_exception_ptr(std::runtime_error("brought about by the stop")));
  EXPECT_EQ(error_of(tomb), cancelled_error().what());
}

TEST(Tomb, TheErrorIsKnownWhenTheTokenStops) {
  Tomb tomb;
  std::string seen;
  const std::stop_callback callback(tomb.token(), [&] { seen = error_of(tomb); });
  tomb.kill(std::make_exception_ptr(std::runtime_error("broken")));
  EXPECT_EQ(seen, "broken");
}

TEST(Tomb, RunTurnsAnExceptionIntoAKillOutsideTheCatchBlock) {
  Tomb tomb;
  bool in_catch_block = true;
  const std::stop_callback callback(tomb.token(),
                                    [&] { in_catch_block = std::current_exception() != nullptr; });
  EXPECT_FALSE(tomb.run([] { throw std::runtime_error("thrown"); }));
  EXPECT_FALSE(in_catch_block);
  EXPECT_EQ(error_of(tomb), "thrown");
}

TEST(Tomb, RunWithoutExceptionLeavesItAlive) {
  Tomb tomb;
  EXPECT_TRUE(tomb.run([] {}));
  EXPECT_TRUE(tomb.alive());
}

TEST(Tomb, AParentsStopKillsWithCancelled) {
  StopSource parent;
  Tomb tomb(parent.get_token());
  EXPECT_TRUE(tomb.alive());
  parent.request_stop();
  EXPECT_FALSE(tomb.alive());
  try {
    tomb.rethrow_if_killed();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

TEST(Tomb, AParentStoppedBeforeKillsAtOnce) {
  StopSource parent;
  parent.request_stop();
  const Tomb tomb(parent.get_token());
  EXPECT_FALSE(tomb.alive());
}

TEST(Tomb, AnErrorDoesNotStopTheParent) {
  StopSource parent;
  Tomb tomb(parent.get_token());
  tomb.cancel();
  EXPECT_FALSE(parent.stop_requested());
}

}  // namespace
}  // namespace snapfs
