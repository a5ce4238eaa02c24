// Which locks nobody holds any more (FORMAT §12).
#include "fs/repo/stale_locks.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/repo/repository.h"
#include "fs/time/timezone.h"
#include "tests/support/manual_clock.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

using test::ManualClock;

class StaleLocksTest : public ::testing::Test {
 protected:
  LockInfo lock_taken_ago(std::chrono::seconds ago, std::string hostname = "here",
                          std::int64_t pid = 7) const {
    Timestamp time = clock_.now();
    time.seconds -= ago.count();
    LockInfo lock;
    lock.time = {time, 0};
    lock.hostname = std::move(hostname);
    lock.pid = pid;
    return lock;
  }

  /// On the host "here", where only process 7 runs.
  bool stale(const LockInfo& lock) const {
    return is_stale(lock, {clock_.now(), "here", [](std::int64_t pid) { return pid == 7; }});
  }

  ManualClock clock_;
};

TEST_F(StaleLocksTest, AfterHalfAnHourWithoutARefresh) {
  EXPECT_FALSE(stale(lock_taken_ago(std::chrono::seconds(0))));
  EXPECT_FALSE(stale(lock_taken_ago(std::chrono::seconds(1800))));
  EXPECT_TRUE(stale(lock_taken_ago(std::chrono::seconds(1801))));
  EXPECT_TRUE(stale(lock_taken_ago(std::chrono::seconds(1801), "there")));
}

TEST_F(StaleLocksTest, WhenTheProcessIsGoneFromThisHost) {
  EXPECT_TRUE(stale(lock_taken_ago(std::chrono::seconds(1), "here", 8)));
  EXPECT_FALSE(stale(lock_taken_ago(std::chrono::seconds(1), "there", 8)))
      << "nothing is known of processes there";
}

TEST_F(StaleLocksTest, ClockAheadOfOursMakesNoLockStale) {
  EXPECT_FALSE(stale(lock_taken_ago(std::chrono::hours(-48))));
  EXPECT_FALSE(stale(lock_taken_ago(std::chrono::hours(-48), "there", 8)));
  EXPECT_TRUE(stale(lock_taken_ago(std::chrono::hours(-48), "here", 8)));
}

TEST_F(StaleLocksTest, AProcessNumberCountsWhereItWasGiven) {
  const ProcessOrigin here{"boot 2", 100, "machine"};
  Timestamp booted = clock_.now();
  const auto state = [&](const ProcessOrigin& origin, std::int64_t pid) {
    LockInfo lock = lock_taken_ago(std::chrono::seconds(1), "here", pid);
    lock.origin = origin;
    const LockWitness witness{clock_.now(), "here", [](std::int64_t one) { return one == 7; }, here,
                              booted};
    const HolderState state = holder_state(lock, witness);
    EXPECT_EQ(is_stale(lock, witness), state == HolderState::kGone);
    return state;
  };
  EXPECT_EQ(state(here, 7), HolderState::kRunning);
  EXPECT_EQ(state(here, 8), HolderState::kGone);
  // A container on this machine, which has its own numbers.
  EXPECT_EQ(state({"boot 2", 101, "machine"}, 8), HolderState::kUnknown);
  EXPECT_EQ(state({"boot 2", 101, ""}, 7), HolderState::kUnknown);
  // Before this machine was booted.
  EXPECT_EQ(state({"boot 1", 100, "machine"}, 7), HolderState::kGone);
  // Not so: something on this machine saw another ID, as services in containers do.
  booted.seconds -= 10;
  EXPECT_EQ(state({"boot 1", 100, "machine"}, 8), HolderState::kUnknown);
  // Another machine of the same name.
  EXPECT_EQ(state({"boot 3", 100, "other"}, 8), HolderState::kUnknown);
  // Other programs' locks are judged as they judge them.
  EXPECT_EQ(state({}, 7), HolderState::kRunning);
  EXPECT_EQ(state({}, 8), HolderState::kGone);
}

TEST_F(StaleLocksTest, ThisProcessIsWhereItIs) {
  const ProcessOrigin origin = ProcessOrigin::of_process();
  EXPECT_EQ(origin, LockWitness::of_this_host(clock_.now()).origin);
  EXPECT_EQ(origin.boot_id.size(), 36U);
  EXPECT_NE(origin.pid_namespace, 0U);
}

TEST_F(StaleLocksTest, ProcessesAreThoseOfTheSystem) {
  const LockWitness witness = LockWitness::of_this_host(clock_.now());
  EXPECT_TRUE(witness.is_running(::getpid()));
  EXPECT_TRUE(witness.is_running(1)) << "one that belongs to somebody else, perhaps";
  for (const std::int64_t pid : {0LL, -1LL, 1LL << 40}) EXPECT_FALSE(witness.is_running(pid));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(witness.is_running(child));
}

TEST_F(StaleLocksTest, AProcessThatItsParentHasNotCollectedRunsNoMore) {
  const LockWitness witness = LockWitness::of_this_host(clock_.now());
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NAME, ") R (");
    ::_exit(0);
  }
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(witness.is_running(child));
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST_F(StaleLocksTest, UnreadableLocksAreListedWithWhatIsWrong) {
  MemoryBackend backend;
  Repository::init(backend, as_bytes("x"), kQuickInit, {});
  Repository repository(backend, as_bytes("x"), OpenOptions{}, {});
  const LockInfo lock = lock_taken_ago(std::chrono::seconds(5));
  const Id good = repository.save_file(FileKind::kLock, as_bytes(encode_lock(lock)), {});
  const Id bad = repository.save_file(FileKind::kLock, as_bytes("{}"), {});
  const auto locks = list_locks(repository, {});
  ASSERT_EQ(locks.size(), 2U);
  for (const StoredLock& one : locks) {
    EXPECT_EQ(one.info.has_value(), one.id == good);
    EXPECT_EQ(one.problem.empty(), one.id == good);
    EXPECT_TRUE(one.id == good || one.id == bad);
  }
}

}  // namespace
}  // namespace snapfs
