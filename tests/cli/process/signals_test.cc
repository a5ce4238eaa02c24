// Signals become stop requests.
#include "cli/process/signals.h"

#include <signal.h>
#include <unistd.h>

#include <future>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

void wait_for_stop(const StopToken& token) {
  std::promise<void> stopped;
  const std::stop_callback callback(token, [&stopped] { stopped.set_value(); });
  stopped.get_future().wait();
}

TEST(Signals, InterruptAndTerminateRequestAStop) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Signals signals;
    EXPECT_FALSE(signals.token().stop_requested());
    ::kill(::getpid(), signal);
    wait_for_stop(signals.token());
    EXPECT_EQ(signals.reason(), "");
  }
}

TEST(Signals, TheFirstReasonCounts) {
  Signals signals;
  signals.stop_because("first");
  signals.stop_because("second");
  EXPECT_TRUE(signals.token().stop_requested());
  EXPECT_EQ(signals.reason(), "first");
}

TEST(Signals, ABurstIsOneSignal) {
  Signals signals(std::chrono::hours(1));
  for (const int signal : {SIGTERM, SIGINT, SIGTERM}) ::kill(::getpid(), signal);
  wait_for_stop(signals.token());
  ::kill(::getpid(), SIGTERM);
  SUCCEED() << "the process is still here";
}

TEST(Signals, ALaterSignalEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        Signals signals(std::chrono::milliseconds(0));
        ::kill(::getpid(), SIGINT);
        wait_for_stop(signals.token());
        ::kill(::getpid(), SIGINT);
        while (true) ::pause();
      },
      ::testing::ExitedWithCode(130), "");
}

TEST(Signals, TheLastCallComesSomeTimeAfterTheFirst) {
  Signals patient(std::chrono::seconds(1), std::chrono::hours(1));
  ::kill(::getpid(), SIGINT);
  wait_for_stop(patient.token());
  EXPECT_FALSE(patient.last_call().stop_requested());
}

TEST(Signals, TheLastCallComesByItself) {
  Signals signals(std::chrono::hours(1), std::chrono::milliseconds(1));
  EXPECT_FALSE(signals.last_call().stop_requested());
  ::kill(::getpid(), SIGINT);
  wait_for_stop(signals.last_call());
  EXPECT_TRUE(signals.token().stop_requested());
}

TEST(Signals, EndWithoutASignal) {
  const Signals signals;
  EXPECT_FALSE(signals.token().stop_requested());
}

}  // namespace
}  // namespace snapfs
