// Processes by their numbers: those that run, those that ended, and those that there are not.
#include "fs/base/process_table.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <limits>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

/// Ends by itself at once, or waits for a signal. Reaped at the latest at the end.
class Child {
 public:
  explicit Child(bool ends) : pid_(::fork()) {
    if (pid_ != 0) return;
    // What its line of /proc has must not be taken for the fields that follow.
    ::prctl(PR_SET_NAME, "a) Z 1 (b");
    if (!ends) ::raise(SIGSTOP);
    ::_exit(0);
  }
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Until it has done that, not reaped.
  std::uint64_t wait() const {
    siginfo_t info{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WSTOPPED | WNOWAIT), 0);
    return static_cast<std::uint64_t>(pid_);
  }

 private:
  const pid_t pid_;
};

TEST(ProcessTable, KnowsWhoRuns) {
  const auto self = static_cast<std::uint64_t>(::getpid());
  const auto status = process_status(self);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, 'R');
  EXPECT_FALSE(status->has_ended());
  EXPECT_TRUE(process_exists(self));
  EXPECT_NE(pid_namespace(), 0U);
}

TEST(ProcessTable, PassesOverTheNameOfTheProgram) {
  const Child child(false);
  const std::uint64_t process = child.wait();
  const auto status = process_status(process);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, 'T');
  const auto own = process_status(static_cast<std::uint64_t>(::getpid()));
  EXPECT_GE(status->start_time, own.value().start_time);
}

TEST(ProcessTable, KnowsWhoEndedAndWasNotReaped) {
  const Child child(true);
  const std::uint64_t process = child.wait();
  EXPECT_TRUE(process_exists(process));
  EXPECT_TRUE(process_status(process).value().has_ended());
}

TEST(ProcessTable, KnowsNobodyElse) {
  for (const std::uint64_t process :
       {std::uint64_t{0}, std::uint64_t{999'999'999}, std::uint64_t{1} << 31U,
        std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_FALSE(process_exists(process)) << process;
    EXPECT_FALSE(process_status(process)) << process;
  }
}

}  // namespace
}  // namespace snapfs
