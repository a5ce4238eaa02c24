// Locks: who excludes whom, refreshing, losing, and what is left behind.
#include "fs/repo/lock.h"

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/repo/repository.h"
#include "fs/time/rfc3339.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/manual_clock.h"
#include "tests/support/manual_timer.h"
#include "tests/support/quick_init.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;
using test::BackendCall;
using test::CallFilter;
using test::fails_with;
using test::FaultBackend;

constexpr std::string_view kRealLock =
    R"({"time":"2026-11-22T23:44:02.173192272Z","exclusive":false,"hostname":"vm",)"
    R"("username":"root","pid":20117})";

TEST(LockInfo, IsReadAndWrittenAsTheReferenceProgramDoes) {
  const LockInfo lock = parse_lock(as_bytes(kRealLock));
  EXPECT_EQ(format_rfc3339(lock.time), "2026-11-22T23:44:02.173192272Z");
  EXPECT_FALSE(lock.exclusive);
  EXPECT_EQ(lock.hostname, "vm");
  EXPECT_EQ(lock.username, "root");
  EXPECT_EQ(lock.pid, 20117);
  EXPECT_EQ(lock.uid, 0U);
  EXPECT_EQ(encode_lock(lock), kRealLock);
}

TEST(LockInfo, WritesNumbersOfTheUserUnlessZero) {
  LockInfo lock = parse_lock(as_bytes(kRealLock));
  lock.exclusive = true;
  lock.uid = 1000;
  lock.gid = 100;
  const std::string json = encode_lock(lock);
  EXPECT_TRUE(json.ends_with(R"("exclusive":true,"hostname":"vm","username":"root",)"
                             R"("pid":20117,"uid":1000,"gid":100})"));
  EXPECT_EQ(encode_lock(parse_lock(as_bytes(json))), json);
}

TEST(LockInfo, RefusesWhatIsNoLock) {
  for (std::size_t size = 0; size < kRealLock.size(); ++size) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "lock",
                           [&] { parse_lock(as_bytes(kRealLock.substr(0, size))); }));
  }
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "time", [] { parse_lock(as_bytes("{}")); }));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [] { parse_lock(as_bytes(R"({"time":"now"})")); }));
}

TEST(LockInfo, KeepsWhatOnlyWeWrite) {
  LockInfo lock = parse_lock(as_bytes(kRealLock));
  lock.origin = {"0c1d", 4026531836, "ab12"};
  lock.mountpoint = "/mnt/\"old\"";
  const LockInfo read = parse_lock(as_bytes(encode_lock(lock)));
  EXPECT_EQ(read.origin, lock.origin);
  EXPECT_EQ(read.mountpoint, lock.mountpoint);
}

class LockTest : public ::testing::Test {
 protected:
  LockTest() {
    Repository::init(memory_, as_bytes("x"), kQuickInit, {});
    repository_ = std::make_unique<Repository>(backend_, as_bytes("x"), OpenOptions{}, StopToken{});
  }

  static LockOptions quick(LockMode mode) {
    return {.mode = mode,
            .settle = milliseconds(1),
            .refresh_every = milliseconds(10),
            .lost_after = milliseconds(45)};
  }

  std::unique_ptr<Lock> lock(
      const LockOptions& options, std::function<void()> on_lost = [] {}) {
    return std::make_unique<Lock>(*repository_, clock_, options, std::move(on_lost), StopToken{});
  }
  std::unique_ptr<Lock> shared() { return lock(quick(LockMode::kShared)); }
  std::unique_ptr<Lock> exclusive() { return lock(quick(LockMode::kExclusive)); }

  std::vector<Id> locks() { return repository_->list(FileKind::kLock, {}); }

  Id save_foreign_lock(std::string_view time, bool exclusive) {
    LockInfo info{*parse_rfc3339(time), exclusive, "elsewhere", "someone", 12'345, 0, 0};
    return repository_->save_file(FileKind::kLock, as_bytes(encode_lock(info)), {});
  }

  const CallFilter saves_{BackendCall::kSave, FileKind::kLock};
  const CallFilter removals_{BackendCall::kRemove, FileKind::kLock};
  const CallFilter lists_{BackendCall::kList, FileKind::kLock};
  test::ManualClock clock_;
  MemoryBackend memory_;
  FaultBackend backend_{memory_};
  std::unique_ptr<Repository> repository_;
};

TEST_F(LockTest, SharedLocksGoTogether) {
  const auto first = shared();
  const auto second = shared();
  EXPECT_EQ(locks().size(), 2U);
}

TEST_F(LockTest, ThereIsSomethingToDoWhileItSettles) {
  test::ManualTimer timer;
  LockOptions options = quick(LockMode::kShared);
  options.settles_later = true;
  options.timer = &timer;
  {
    const auto held = lock(options);
    EXPECT_EQ(locks().size(), 1U) << "others could not see it yet";
    ASSERT_TRUE(timer.wait_until_waiting(1));
    timer.advance(options.settle);
    EXPECT_NO_THROW(held->require_fresh());
  }
  std::promise<ErrorCode> refused;  // a second call would throw and end the program
  options.on_refused = [&](const Error& error) { refused.set_value(error.code()); };
  const auto held = lock(options);
  save_foreign_lock("2026-11-22T23:44:02Z", true);
  ASSERT_TRUE(timer.wait_until_waiting(1));
  timer.advance(options.settle);
  EXPECT_TRUE(fails_with(ErrorCode::kLocked, "elsewhere", [&] { held->require_fresh(); }))
      << "the look before does not take the place of this one";
  EXPECT_TRUE(fails_with(ErrorCode::kLocked, "elsewhere", [&] { held->require_fresh(); }));
  EXPECT_EQ(refused.get_future().get(), ErrorCode::kLocked);
  EXPECT_EQ(locks().size(), 1U) << "ours is gone already";
}

TEST_F(LockTest, WithoutAFileNobodyIsLetInBeforeTheLastLook) {
  LockOptions options = quick(LockMode::kExclusive);
  options.settles_later = true;
  options.may_lack_file = true;
  backend_.fail(saves_, 1, ErrorCode::kNoSpace);
  std::size_t lists = 0;
  backend_.before_each_call([&](BackendCall call, const FileKey&) {
    if (call == BackendCall::kList && ++lists == 2)
      save_foreign_lock("2026-11-22T23:44:02Z", false);
  });
  EXPECT_TRUE(fails_with(ErrorCode::kLocked, "elsewhere", [&] { lock(options); }));
}

TEST_F(LockTest, AStopEndsTheWaitForItToSettle) {
  test::ManualTimer timer;
  LockOptions options = quick(LockMode::kShared);
  options.settles_later = true;
  options.timer = &timer;
  StopSource source;
  {
    Lock held(
        *repository_, clock_, options, [] {}, source.get_token());
    source.request_stop();
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { held.require_fresh(); }));
  }
  EXPECT_TRUE(locks().empty());
}

TEST_F(LockTest, NothingBeginsWhileSomebodyHoldsTheRepositoryAlone) {
  // His second look was before our lock came, and he may end before ours has settled: what was read
  // before that would be gone.
  bool begun = false;
  backend_.before_each_call([&](BackendCall call, const FileKey& key) {
    if (!saves_.matches(call, key.kind) || std::exchange(begun, true)) return;
    save_foreign_lock("2026-11-22T23:44:02Z", true);
  });
  test::ManualTimer timer;  // no time passes
  LockOptions options = quick(LockMode::kShared);
  options.settles_later = true;
  options.timer = &timer;
  EXPECT_TRUE(fails_with(ErrorCode::kLocked, "elsewhere", [&] { lock(options); }));
  EXPECT_EQ(locks().size(), 1U) << "the one of somebody else";
}

TEST_F(LockTest, WhoMayTryAgainBeginsWhenItHasSettled) {
  LockOptions options = quick(LockMode::kShared);
  options.settles_later = true;
  options.retry_for = milliseconds(20);
  std::optional<Id> foreign;
  std::size_t lists = 0;
  backend_.before_each_call([&](BackendCall call, const FileKey& key) {
    // He comes between the first look and the last one, and goes when we give way.
    if (call == BackendCall::kList && ++lists == 2) {
      foreign = save_foreign_lock("2026-11-22T23:44:02Z", true);
    }
    if (removals_.matches(call, key.kind) && foreign)
      memory_.remove({FileKind::kLock, *foreign}, {});
  });
  const auto held = lock(options);
  backend_.before_each_call({});
  EXPECT_EQ(lists, 4U) << "he was met at the last look of the first try";
  EXPECT_EQ(locks().size(), 1U);
}

TEST_F(LockTest, ExclusiveLocksExcludeAndAreExcluded) {
  {
    const auto held = shared();
    EXPECT_TRUE(fails_with(ErrorCode::kLocked, "locked by PID", [&] { exclusive(); }));
    EXPECT_EQ(locks().size(), 1U) << "the one that failed is still there";
  }
  {
    const auto held = exclusive();
    EXPECT_TRUE(fails_with(ErrorCode::kLocked, "locked exclusively by PID", [&] { shared(); }));
    EXPECT_TRUE(fails_with(ErrorCode::kLocked, [&] { exclusive(); }));
    EXPECT_EQ(locks().size(), 1U);
  }
  EXPECT_TRUE(locks().empty());
  EXPECT_NO_THROW(exclusive());
}

TEST_F(LockTest, SaysWhoHoldsItAndWhatToDo) {
  const Identity self = Identity::of_process();
  const auto refused = [&](const LockInfo& other, std::string_view words) {
    const Id id = repository_->save_file(FileKind::kLock, as_bytes(encode_lock(other)), {});
    const bool right =
        fails_with(ErrorCode::kLocked, words, [&] { exclusive(); }) &&
        fails_with(ErrorCode::kLocked, "repository is already locked by PID", [&] { exclusive(); });
    memory_.remove({FileKind::kLock, id}, {});
    return right;
  };
  LockInfo lock = LockInfo::of_process(LockMode::kShared, {clock_.now(), 0});
  EXPECT_TRUE(refused(lock, "is running"));
  EXPECT_TRUE(refused(lock, self.username));
  lock.mountpoint = "/mnt/backups";
  EXPECT_TRUE(refused(lock, "a mount on /mnt/backups"));
  EXPECT_TRUE(refused(lock, "--no-lock"));
  lock.pid = INT32_MAX;  // more than the kernel gives
  EXPECT_TRUE(refused(lock, "that process is gone: 'snapfs unlock'"));
  lock.hostname = "elsewhere";
  EXPECT_TRUE(refused(lock, "a mount on /mnt/backups"));
  lock.mountpoint.clear();
  EXPECT_TRUE(refused(lock, "wait for it to end"));
  lock.time.instant.seconds -= 2000;
  EXPECT_TRUE(refused(lock, "33m20s ago"));
  EXPECT_TRUE(refused(lock, "half an hour"));
}

TEST_F(LockTest, OnAFullDiskItSaysWhatToDo) {
  LockOptions reading = quick(LockMode::kShared);
  reading.only_reads = true;
  backend_.fail(saves_, 1, ErrorCode::kNoSpace);
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, "--no-lock", [&] { lock(reading); }));
  backend_.fail(saves_, 1, ErrorCode::kPermission);
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "--no-lock", [&] { lock(reading); }));
  // What changes the repository is refused without a lock: no advice that leads there.
  for (const ErrorCode code : {ErrorCode::kNoSpace, ErrorCode::kPermission}) {
    backend_.fail(saves_, 1, code);
    EXPECT_FALSE(fails_with(code, "--no-lock", [&] { exclusive(); }));
  }
}

TEST_F(LockTest, LooksAgainAfterWritingItsOwn) {
  // Another process writes its lock between our first look and our own lock.
  Id other;
  bool done = false;
  backend_.before_each_call([&](BackendCall call, const FileKey& key) {
    if (call != BackendCall::kSave || key.kind != FileKind::kLock || done) return;
    done = true;
    other = save_foreign_lock("2026-11-22T23:37:41Z", true);
  });
  EXPECT_TRUE(fails_with(ErrorCode::kLocked, "elsewhere", [&] { shared(); }));
  EXPECT_EQ(locks(), std::vector{other}) << "our own must go, theirs must stay";
}

TEST_F(LockTest, RespectsForeignLocksHoweverOld) {
  save_foreign_lock("2020-01-01T00:00:00Z", false);
  EXPECT_NO_THROW(shared());
  EXPECT_TRUE(
      fails_with(ErrorCode::kLocked, "PID 12345 on elsewhere by someone", [&] { exclusive(); }));
  save_foreign_lock("2020-01-01T00:00:00Z", true);
  EXPECT_TRUE(fails_with(ErrorCode::kLocked, "snapfs unlock", [&] { shared(); }));
}

TEST_F(LockTest, RespectsForeignLocksOfAClockThatIsAhead) {
  save_foreign_lock("2099-01-01T00:00:00Z", false);
  EXPECT_NO_THROW(shared());
  EXPECT_TRUE(fails_with(ErrorCode::kLocked, "2099-01-01", [&] { exclusive(); }));
}

TEST_F(LockTest, PassesOverEmptyFilesAndGivesUpOnUnreadableOnes) {
  memory_.save({FileKind::kLock, test::numbered_id(1)}, {}, {});
  EXPECT_NO_THROW(exclusive());
  memory_.save({FileKind::kLock, test::numbered_id(2)}, as_bytes("half a lo"), {});
  const std::size_t before = backend_.ended(lists_);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "unlock --remove-all", [&] { shared(); }));
  EXPECT_EQ(backend_.ended(lists_), before + 4) << "one look and three more";
  EXPECT_EQ(locks().size(), 2U);
}

TEST_F(LockTest, LackOfMemorySaysNothingAboutTheLocks) {
  save_foreign_lock("2026-11-22T12:00:00Z", false);
  backend_.fail({BackendCall::kLoad, FileKind::kLock}, 1, ErrorCode::kOutOfResources,
                FaultBackend::kForever);
  const std::size_t before = backend_.ended(lists_);
  try {
    shared();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutOfResources);
    EXPECT_EQ(std::string_view(error.what()).find("remove-all"), std::string_view::npos);
  }
  EXPECT_EQ(backend_.ended(lists_), before + 1);
}

TEST_F(LockTest, WaitsForAnUnreadableLockToBecomeReadable) {
  const FileKey half{FileKind::kLock, test::numbered_id(2)};
  memory_.save(half, as_bytes("half a lo"), {});
  std::size_t lists = 0;
  backend_.before_each_call([&](BackendCall call, const FileKey&) {
    if (call == BackendCall::kList && ++lists == 3) memory_.remove(half, {});
  });
  EXPECT_NO_THROW(exclusive());
}

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
  storage_.hold({BackendCall::kRemove, FileKind::kLock});
  std::jthread end([&] { held.reset(); });
  // The refresh is cut off without any time having passed, then the removal hangs, too.
  while (storage_.count(removals_) == 0) std::this_thread::yield();
  ASSERT_TRUE(timer_.wait_until_waiting(1));
  timer_.advance(std::chrono::seconds(1));
  end.join();
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

TEST_F(LockTest, KeepsTryingAsLongAsItMay) {
  LockOptions options = quick(LockMode::kExclusive);
  options.retry_for = milliseconds(20);
  const Id other = save_foreign_lock("2026-11-22T23:37:41Z", false);
  std::size_t lists = 0;
  backend_.before_each_call([&](BackendCall call, const FileKey&) {
    if (call != BackendCall::kList) return;
    ++lists;
    clock_.advance(milliseconds(10));
  });
  EXPECT_TRUE(fails_with(ErrorCode::kLocked, [&] { lock(options); }));
  EXPECT_EQ(lists, 2U) << "a first try, and a last one when the time was over";
  lists = 0;
  backend_.before_each_call([&](BackendCall call, const FileKey&) {
    if (call == BackendCall::kList && ++lists == 3) memory_.remove({FileKind::kLock, other}, {});
  });
  EXPECT_NO_THROW(lock(options));
}

TEST_F(LockTest, StopsWaitingWhenAsked) {
  save_foreign_lock("2026-11-22T23:37:41Z", true);
  LockOptions options = quick(LockMode::kShared);
  options.retry_for = std::chrono::hours(1);
  StopSource source;
  backend_.before_each_call([&](BackendCall call, const FileKey& key) {
    if (call == BackendCall::kLoad && key.kind == FileKind::kLock) source.request_stop();
  });
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
    Lock(
        *repository_, clock_, options, [] {}, source.get_token());
  }));
}

TEST_F(LockTest, RemovesItsLockWhenStoppedWhileSettling) {
  LockOptions options = quick(LockMode::kShared);
  options.settle = std::chrono::hours(1);
  StopSource source;
  auto taking = std::async(std::launch::async, [&] {
    return fails_with(ErrorCode::kCancelled, [&] {
      Lock(
          *repository_, clock_, options, [] {}, source.get_token());
    });
  });
  ASSERT_TRUE(backend_.wait_until_ended(saves_, 1));
  source.request_stop();
  EXPECT_TRUE(taking.get());
  EXPECT_TRUE(locks().empty());
}

}  // namespace
}  // namespace snapfs
