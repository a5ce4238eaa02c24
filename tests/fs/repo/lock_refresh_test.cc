// Holding a lock: refreshing it, losing it, and giving it up.
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/repo/lock.h"
#include "fs/repo/repository.h"
#include "tests/fs/repo/lock_fixture.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/manual_timer.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;
using test::BackendCall;
using test::fails_with;
using test::FaultBackend;

TEST_F(LockTest, RefreshWritesANewLockThenRemovesTheOld) {
  const auto held = shared();
  const std::vector<Id> before = locks();
  ASSERT_EQ(before.size(), 1U);
  std::size_t at_removal = 0;
  backend_.before_each_call([&](BackendCall call, const FileKey&) {
    if (call == BackendCall::kRemove) at_removal = backend_.ended(saves_);
  });
  clock_.advance(milliseconds(10));
  ASSERT_TRUE(backend_.wait_until_ended(removals_, 1));
  const std::vector<Id> after = locks();
  ASSERT_EQ(after.size(), 1U);
  EXPECT_NE(after, before);
  EXPECT_EQ(at_removal, 2U) << "there was a moment without a lock";
  const LockInfo info = parse_lock(repository_->load_file({FileKind::kLock, after[0]}, {}));
  EXPECT_EQ(info.time.instant, clock_.now());
}

TEST_F(LockTest, RefreshesWhenTheClockIsSetBack) {
  const auto held = shared();
  clock_.advance(-std::chrono::hours(2));
  ASSERT_TRUE(backend_.wait_until_ended(removals_, 1));
  const LockInfo info = parse_lock(repository_->load_file({FileKind::kLock, locks().at(0)}, {}));
  EXPECT_EQ(info.time.instant, clock_.now());
}

TEST_F(LockTest, AClockSetBackHidesNotThatTheLockWasLost) {
  std::promise<void> lost;
  const auto held = lock(quick(LockMode::kShared), [&] { lost.set_value(); });
  backend_.fail(saves_, 1, ErrorCode::kIo, FaultBackend::kForever);
  clock_.advance(milliseconds(40));
  EXPECT_NO_THROW(held->require_fresh());  // looks at the clock
  clock_.advance(-std::chrono::hours(2));
  EXPECT_NO_THROW(held->require_fresh());
  // To others, whose clocks are right, it is as old as it is.
  clock_.advance(milliseconds(5));
  EXPECT_EQ(lost.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { held->require_fresh(); }));
}

TEST_F(LockTest, AClockSetForwardByHoursIsTimeWithoutALock) {
  // Nobody can tell it from a machine that slept: others may have taken the lock for stale.
  int told = 0;
  const auto held =
      lock({.mode = LockMode::kExclusive, .settle = milliseconds(1)}, [&told] { ++told; });
  clock_.advance(std::chrono::hours(3));
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { held->require_fresh(); }));
  // That it is set right again does not bring the lock back.
  clock_.advance(-std::chrono::hours(3));
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { held->require_fresh(); }));
  EXPECT_EQ(told, 1);
}

TEST_F(LockTest, SurvivesARefreshThatFailsOnce) {
  const auto held = lock(quick(LockMode::kShared), [] { ADD_FAILURE() << "lost"; });
  backend_.fail(saves_, 1, ErrorCode::kIo);
  clock_.advance(milliseconds(10));
  // Of the one that may have been stored all the same, and of the old one.
  ASSERT_TRUE(backend_.wait_until_ended(removals_, 2));
  EXPECT_EQ(locks().size(), 1U);
}

TEST_F(LockTest, RemovesASupersededLockLaterWhenItCouldNotAtOnce) {
  const auto held = shared();
  backend_.fail(removals_, 1, ErrorCode::kIo);
  clock_.advance(milliseconds(10));
  ASSERT_TRUE(backend_.wait_until_ended(removals_, 1));
  EXPECT_EQ(locks().size(), 2U);
  clock_.advance(milliseconds(10));
  ASSERT_TRUE(backend_.wait_until_ended(removals_, 3));
  EXPECT_EQ(locks().size(), 1U);
}

TEST_F(LockTest, SaysOnceThatItIsLost) {
  std::promise<void> lost;  // a second call would throw and end the program
  {
    const auto held = lock(quick(LockMode::kShared), [&] { lost.set_value(); });
    backend_.fail(saves_, 1, ErrorCode::kIo, FaultBackend::kForever);
    clock_.advance(milliseconds(44));
    ASSERT_TRUE(backend_.wait_until_ended(saves_, 4)) << "tried again and again";
    auto future = lost.get_future();
    EXPECT_EQ(future.wait_for(milliseconds(0)), std::future_status::timeout);
    clock_.advance(milliseconds(1));
    EXPECT_EQ(future.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  }
  EXPECT_TRUE(locks().empty());
}

TEST_F(LockTest, MachineThatSleptForTooLongHasLostItsLock) {
  int told = 0;
  const auto held =
      lock({.mode = LockMode::kExclusive, .settle = milliseconds(1)}, [&told] { ++told; });
  clock_.advance(std::chrono::minutes(22) + std::chrono::seconds(30) - milliseconds(1));
  EXPECT_NO_THROW(held->require_fresh());
  clock_.advance(milliseconds(1));
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { held->require_fresh(); }));
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { held->require_fresh(); }));
  EXPECT_EQ(told, 1);
}

TEST_F(LockTest, NothingIsRemovedOnceItIsLost) {
  const Id index = repository_->save_file(FileKind::kIndex, as_bytes("{}"), {});
  const Id other = repository_->save_file(FileKind::kIndex, as_bytes("{ }"), {});
  LockOptions options = quick(LockMode::kExclusive);
  options.refresh_every = std::chrono::hours(1);
  int lost = 0;
  auto held = lock(options, [&lost] { ++lost; });
  repository_->files().remove({FileKind::kIndex, index}, {});
  clock_.advance(milliseconds(45));
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
    repository_->files().remove({FileKind::kIndex, other}, {});
  }));
  EXPECT_EQ(lost, 1);
  held.reset();
  EXPECT_TRUE(locks().empty()) << "its own file goes all the same";
  repository_->files().remove({FileKind::kIndex, other}, {});
}

TEST_F(LockTest, GivesUpItsLockWhenDestroyedAndPutsUpWithAFailure) {
  shared().reset();
  EXPECT_TRUE(locks().empty());
  auto held = shared();
  memory_.remove({FileKind::kLock, locks().at(0)}, {});  // 'unlock --remove-all'
  EXPECT_NO_THROW(held.reset());
  held = shared();
  backend_.fail(removals_, 1, ErrorCode::kIo, FaultBackend::kForever);
  EXPECT_NO_THROW(held.reset());
}

TEST_F(LockTest, StorageThatHangsDoesNotKeepTheProgramFromEnding) {
  test::ManualTimer timer;
  test::WaitingBackend storage(memory_);
  Repository repository(storage, as_bytes("x"), OpenOptions{}, StopToken{});
  const LockOptions options{.mode = LockMode::kShared, .settle = milliseconds(0), .timer = &timer};
  auto held = std::make_unique<Lock>(
      repository, clock_, options, [] {}, StopToken{});
  storage.hold({BackendCall::kRemove, FileKind::kLock});
  ASSERT_TRUE(timer.wait_until_waiting(1));  // the thread that keeps it fresh
  std::jthread end([&] { held.reset(); });
  ASSERT_TRUE(storage.wait_until_waiting(1));
  ASSERT_TRUE(timer.wait_until_waiting(1));  // the deadline
  timer.advance(std::chrono::seconds(30));
  end.join();
  EXPECT_EQ(locks().size(), 1U);  // as it is after a kill: `unlock` removes it
}

TEST_F(LockTest, TheLastCallEndsWhatHangs) {
  test::ManualTimer timer;
  test::WaitingBackend storage(memory_);
  Repository repository(storage, as_bytes("x"), OpenOptions{}, StopToken{});
  StopSource last_call;
  const LockOptions options{.mode = LockMode::kShared,
                            .settle = milliseconds(0),
                            .timer = &timer,
                            .last_call = last_call.get_token()};
  auto held = std::make_unique<Lock>(
      repository, clock_, options, [] {}, StopToken{});
  storage.hold({BackendCall::kRemove, FileKind::kLock});
  ASSERT_TRUE(timer.wait_until_waiting(1));
  std::jthread end([&] { held.reset(); });
  ASSERT_TRUE(storage.wait_until_waiting(1));
  last_call.request_stop();
  end.join();
  EXPECT_EQ(locks().size(), 1U);
}

/// A lock whose refresh hangs in the storage.
class HangingRefreshTest : public LockTest {
 protected:
  /// Takes it, has the storage hold saves from then on, and waits until it is refreshed.
  std::unique_ptr<Lock> lock_and_refresh() {
    LockOptions options = quick(LockMode::kShared);
    options.settle = milliseconds(0);
    options.lost_after = std::chrono::hours(1);
    options.timer = &timer_;
    auto held = std::make_unique<Lock>(
        repository_on_hold_, clock_, options, [] { ADD_FAILURE() << "lost"; }, StopToken{});
    storage_.hold(saves_);
    EXPECT_TRUE(timer_.wait_until_waiting(1));
    clock_.advance(milliseconds(10));
    timer_.advance(milliseconds(2));
    EXPECT_TRUE(storage_.wait_until_waiting(1));
    return held;
  }

  test::ManualTimer timer_;
  test::WaitingBackend storage_{memory_};
  Repository repository_on_hold_{storage_, as_bytes("x"), OpenOptions{}, StopToken{}};
};

TEST_F(HangingRefreshTest, TheEndDoesNotWaitForIt) {
  auto held = lock_and_refresh();
  timer_.advance(std::chrono::seconds(1));
  storage_.hold({BackendCall::kRemove, FileKind::kLock});
  std::jthread end([&] { held.reset(); });
  // The refresh is cut off without any time having passed, then the removal hangs, too.
  while (storage_.count(removals_) == 0) std::this_thread::yield();
  ASSERT_TRUE(timer_.wait_until_waiting(1));
  timer_.advance(std::chrono::seconds(1));
  end.join();
}

TEST_F(HangingRefreshTest, OneThatHasOnlyBegunSaysNothingOfTheStorage) {
  auto held = lock_and_refresh();
  storage_.hold({BackendCall::kRemove, FileKind::kLock});
  std::jthread end([&] { held.reset(); });
  while (storage_.count(removals_) == 0) std::this_thread::yield();
  ASSERT_TRUE(timer_.wait_until_waiting(1));
  timer_.advance(std::chrono::seconds(29));
  storage_.release();
  end.join();
  EXPECT_TRUE(locks().empty());
}

TEST_F(HangingRefreshTest, IsCutOffAndWhatItMayHaveStoredIsRemoved) {
  {
    const auto held = lock_and_refresh();
    ASSERT_TRUE(timer_.wait_until_waiting(1));
    timer_.advance(std::chrono::seconds(30));
    ASSERT_TRUE(storage_.wait_until_none_waits());
    storage_.release();
    const std::size_t before = storage_.count(removals_);
    while (storage_.count(removals_) < before + 2) {
      timer_.advance(milliseconds(2));
      std::this_thread::yield();
    }
  }
  EXPECT_TRUE(locks().empty());
}

TEST_F(LockTest, ALockWhoseSaveWasCutOffIsRemoved) {
  // The storage has it, and nobody hears of that.
  backend_.before_each_call([this](BackendCall call, const FileKey& key) {
    if (call != BackendCall::kSave || key.kind != FileKind::kLock) return;
    memory_.save(key, as_bytes("lock"), {});
    throw Error(ErrorCode::kUnavailable, "the answer was lost");
  });
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, [&] { shared(); }));
  EXPECT_TRUE(locks().empty());
}

}  // namespace
}  // namespace snapfs
