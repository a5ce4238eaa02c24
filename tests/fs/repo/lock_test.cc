// Taking a lock: who excludes whom, who waits, and what is said.
#include "fs/repo/lock.h"

#include <future>
#include <vector>

#include <gtest/gtest.h>

#include "fs/repo/repository.h"
#include "tests/fs/repo/lock_fixture.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/manual_timer.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;
using test::BackendCall;
using test::fails_with;
using test::FaultBackend;

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
