// Who is answered in place of a worker that waits, when, and with what.
#include "mount/fuse/request_watch.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using std::chrono::milliseconds;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using Clock = RequestWatch::Clock;

class RequestWatchTest : public ::testing::Test {
 protected:
  RequestWatch::Ticket add(int& request, pid_t asker = 0, bool interrupted = false) {
    return watch_.add([&] { return RequestWatch::Request{&request, asker, start_, interrupted}; });
  }

  const Clock::time_point start_ = Clock::now();
  std::set<pid_t> killed_;
  std::map<void*, int> answers_;
  RequestWatch watch_{{milliseconds(1000),
                       [this](void* request, int error) {
                         EXPECT_TRUE(answers_.emplace(request, error).second) << "a second answer";
                       },
                       [this](pid_t thread) { return killed_.contains(thread); }}};
  int first_ = 0;
  int second_ = 0;
};

TEST_F(RequestWatchTest, WhatWaitsTooLongIsAnsweredOnce) {
  const auto first = add(first_);
  const auto second = add(second_);
  EXPECT_NE(first, second);
  watch_.check(start_ + milliseconds(999));
  EXPECT_THAT(answers_, IsEmpty());
  EXPECT_TRUE(watch_.take(second)) << "its worker is back in time";
  watch_.check(start_ + milliseconds(1000));
  watch_.check(start_ + milliseconds(2000));
  EXPECT_THAT(answers_, UnorderedElementsAre(Pair(&first_, ETIMEDOUT)));
  EXPECT_FALSE(watch_.take(first)) << "the worker comes too late";
  EXPECT_EQ(watch_.size(), 0U);
}

TEST_F(RequestWatchTest, WithoutALimitNothingIsTooLate) {
  RequestWatch watch({milliseconds(0), [](void*, int) { FAIL(); }, is_being_killed});
  const auto ticket = watch.add([&] { return RequestWatch::Request{&first_, 0, start_, false}; });
  watch.check(start_ + std::chrono::hours(1000));
  EXPECT_TRUE(watch.take(ticket));
}

TEST_F(RequestWatchTest, WhoIsKilledDoesNotWait) {
  const auto ticket = add(first_, 17);
  add(second_, 18);
  killed_ = {17};
  watch_.check(start_);
  EXPECT_THAT(answers_, IsEmpty()) << "nobody was interrupted: it is not looked at";
  watch_.interrupt(&first_);
  EXPECT_THAT(answers_, UnorderedElementsAre(Pair(&first_, EINTR)));
  EXPECT_FALSE(watch_.take(ticket));
  watch_.interrupt(&first_);
}

TEST_F(RequestWatchTest, ASignalThatIsHandledCutsNothingOffUntilOneKills) {
  add(first_, 17);
  const auto early = add(second_, 18, /*interrupted=*/true);
  watch_.interrupt(&first_);
  watch_.check(start_);
  EXPECT_THAT(answers_, IsEmpty());
  killed_ = {17};
  watch_.check(start_);
  EXPECT_THAT(answers_, UnorderedElementsAre(Pair(&first_, EINTR)));
  killed_ = {18};
  watch_.check(start_);
  EXPECT_FALSE(watch_.take(early)) << "its first signal came before it was added";
}

TEST(IsBeingKilled, SeesWhatIsOnItsWay) {
  EXPECT_FALSE(is_being_killed(0));
  EXPECT_FALSE(is_being_killed(::getpid()));
  // A process that has not been let go on yet has its signals still before it.
  const pid_t child = ::fork();
  if (child == 0) {
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  EXPECT_FALSE(is_being_killed(child));
  ::kill(child, SIGUSR1);
  EXPECT_FALSE(is_being_killed(child)) << "stopped: it handles it later";
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_FALSE(is_being_killed(child)) << "gone";
}

}  // namespace
}  // namespace snapfs
