// Calls that are made again, on a timer that needs no time.
#include "fs/backend/stack/retry.h"

#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/manual_timer.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::BackendCall;
using test::fails_with;
using test::FaultBackend;
using test::numbered_id;

const FileKey kPack{FileKind::kPack, numbered_id(1)};
const FileKey kOtherPack{FileKind::kPack, numbered_id(2)};
constexpr test::CallFilter kLoads{BackendCall::kLoad, std::nullopt};
constexpr test::CallFilter kSaves{BackendCall::kSave, std::nullopt};
constexpr test::CallFilter kRemovals{BackendCall::kRemove, std::nullopt};

/// Storage on which a save that fails may leave something under the name.
class TornBackend final : public Backend {
 public:
  explicit TornBackend(Backend& inner) : inner_(inner) {}

  void create(const StopToken& stop) override { inner_.create(stop); }
  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override {
    inner_.save(key, bytes.first(bytes.size() / 2), content, stop);
    if (tears > 0) {
      --tears;
      if (on_tear) on_tear();
      throw Error(ErrorCode::kUnavailable, "the connection broke");
    }
    inner_.save(key, bytes, content, stop);
  }
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override {
    return inner_.load(key, range, purpose, stop);
  }
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override {
    return inner_.size(key, stop);
  }
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override {
    return inner_.list(kind, stop);
  }
  void remove(const FileKey& key, const StopToken& stop) override {
    ++removals;
    inner_.remove(key, stop);
  }
  StorageTraits traits() const noexcept override { return {.saves_atomically = false}; }
  std::string location() const override { return inner_.location(); }

  std::size_t tears = 0;  ///< how many of the next saves break off
  std::function<void()> on_tear;
  std::size_t removals = 0;

 private:
  Backend& inner_;
};

class RetryBackendTest : public ::testing::Test {
 protected:
  RetryBackendTest() {
    for (const FileKey& key : {kPack, kOtherPack}) memory_.save(key, test::to_bytes("pack"), {});
  }

  /// The next call that matches, and `times` − 1 after it, find nobody there.
  void lose(const test::CallFilter& calls, std::size_t times = 1) {
    faults_.fail(calls, 1, ErrorCode::kUnavailable, times);
  }

  Bytes load(const FileKey& key = kPack) { return retry_.load(key, std::nullopt, {}, {}); }

  MemoryBackend memory_;
  FaultBackend faults_{memory_};
  test::InstantTimer timer_;
  std::vector<RetryNotice> notices_;
  RetryPolicy policy_;
  RetryBackend retry_{faults_, [this](const RetryNotice& notice) { notices_.push_back(notice); },
                      policy_, timer_, 7};
};

TEST_F(RetryBackendTest, MakesEachCallAgainUntilItIsAnswered) {
  const std::vector<std::pair<BackendCall, std::function<void()>>> calls = {
      {BackendCall::kCreate, [&] { retry_.create({}); }},
      {BackendCall::kSave, [&] { retry_.save(kPack, as_bytes("pack"), {}); }},
      {BackendCall::kLoad, [&] { EXPECT_EQ(load(), test::to_bytes("pack")); }},
      {BackendCall::kSize, [&] { EXPECT_EQ(retry_.size(kPack, {}), 4U); }},
      {BackendCall::kList, [&] { EXPECT_EQ(retry_.list(FileKind::kPack, {}).size(), 2U); }},
      {BackendCall::kRemove, [&] { retry_.remove(kPack, {}); }}};
  for (const auto& [call, make] : calls) {
    SCOPED_TRACE(static_cast<int>(call));
    faults_.fail({call, std::nullopt}, 1, ErrorCode::kUnavailable, 3);
    make();
    EXPECT_EQ(faults_.ended({call, std::nullopt}), 4U);
  }
  EXPECT_EQ(memory_.size(kPack, {}), std::nullopt);
}

TEST_F(RetryBackendTest, PassesOnEveryOtherFailureAtOnce) {
  for (const ErrorCode code :
       {ErrorCode::kIo, ErrorCode::kNotFound, ErrorCode::kNoSpace, ErrorCode::kPermission,
        ErrorCode::kWrongCredentials, ErrorCode::kDamaged, ErrorCode::kUnsupported,
        ErrorCode::kOutOfResources, ErrorCode::kCancelled, ErrorCode::kInternal}) {
    faults_.fail(kLoads, 1, code);
    EXPECT_TRUE(fails_with(code, "planted", [&] { load(); }));
  }
  EXPECT_TRUE(timer_.waits().empty());
  EXPECT_TRUE(notices_.empty());
}

TEST_F(RetryBackendTest, WaitsTwiceAsLongEachTimeMoreOrLess) {
  lose(kLoads, 12);
  load();
  ASSERT_EQ(timer_.waits().size(), 12U);
  milliseconds nominal = seconds(1);
  bool any_longer = false;
  bool any_shorter = false;
  for (const milliseconds wait : timer_.waits()) {
    EXPECT_GE(wait, nominal / 2);
    EXPECT_LE(wait, std::min<milliseconds>(nominal * 3 / 2, seconds(60)));
    any_longer = any_longer || wait > nominal;
    any_shorter = any_shorter || wait < nominal;
    nominal = std::min<milliseconds>(nominal * 2, seconds(60));
  }
  EXPECT_TRUE(any_longer && any_shorter);
}

TEST_F(RetryBackendTest, WaitsAsLongAsTheStorageAsksFor) {
  int asked = 0;
  faults_.before_each_call([&](BackendCall, const FileKey&) {
    if (asked++ < 2) {
      throw Error(ErrorCode::kUnavailable, "come back later").with_retry_after(seconds(150));
    }
  });
  load();
  EXPECT_EQ(timer_.waits(), (std::vector<milliseconds>{seconds(150), seconds(150)}));
}

TEST_F(RetryBackendTest, GivesUpWhenTheBudgetIsUsedUp) {
  lose(kLoads, FaultBackend::kForever);
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "given up after", [&] { load(); }));
  const milliseconds waited =
      std::accumulate(timer_.waits().begin(), timer_.waits().end(), milliseconds(0));
  EXPECT_LE(waited, minutes(15));
  EXPECT_GT(waited, minutes(13));  // the longest wait is 60 s, and half longer by chance
}

TEST_F(RetryBackendTest, GivesUpAtOnceWhenToldToWaitBeyondTheBudget) {
  faults_.before_each_call([](BackendCall, const FileKey&) {
    throw Error(ErrorCode::kUnavailable, "closed today").with_retry_after(std::chrono::hours(4));
  });
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "closed today", [&] { load(); }));
  EXPECT_TRUE(timer_.waits().empty());
}

TEST_F(RetryBackendTest, CountsWhatTheCallsThemselvesTake) {
  faults_.before_each_call([this](BackendCall, const FileKey&) { timer_.advance(minutes(5)); });
  lose(kLoads, FaultBackend::kForever);
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "", [&] { load(); }));
  EXPECT_EQ(faults_.ended(kLoads), 3U);
}

TEST_F(RetryBackendTest, AFileThatFailedIsNotAskedForAgainForAWhile) {
  lose(kLoads, FaultBackend::kForever);
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "given up", [&] { load(); }));
  faults_.clear_faults();
  const std::size_t asked = faults_.ended(kLoads);
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "not asked for again", [&] { load(); }));
  EXPECT_EQ(faults_.ended(kLoads), asked);
  EXPECT_EQ(load(kOtherPack), test::to_bytes("pack"));
  timer_.advance(std::chrono::hours(1));
  EXPECT_EQ(load(), test::to_bytes("pack"));
}

TEST_F(RetryBackendTest, AFileThatFailedIsAskedForOnceAMinute) {
  lose(kLoads, FaultBackend::kForever);
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "given up", [&] { load(); }));
  const std::size_t asked = faults_.ended(kLoads);
  timer_.advance(minutes(1));
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "planted", [&] { load(); }));
  EXPECT_EQ(faults_.ended(kLoads), asked + 1);
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "not asked for again", [&] { load(); }));
  faults_.clear_faults();
  timer_.advance(minutes(1));
  EXPECT_EQ(load(), test::to_bytes("pack"));
  EXPECT_EQ(load(), test::to_bytes("pack"));
}

TEST_F(RetryBackendTest, TellsOfAnOutageOnceAndOfItsEnd) {
  lose(kLoads, 2);
  load();
  ASSERT_EQ(notices_.size(), 2U);
  EXPECT_EQ(notices_[0].call, "loading " + describe(kPack));
  EXPECT_NE(notices_[0].fault.find("planted"), std::string::npos);
  EXPECT_EQ(notices_[0].wait, timer_.waits()[0]);
  EXPECT_EQ(notices_[0].budget, policy_.budget);
  EXPECT_TRUE(notices_[1].fault.empty());
  EXPECT_EQ(notices_[1].tries, 3U);
  load();
  EXPECT_EQ(notices_.size(), 2U);  // nothing is said of what goes well
  lose(kLoads);
  load();
  EXPECT_EQ(notices_.size(), 4U);  // that is another one
}

TEST_F(RetryBackendTest, AnOutageThatSeveralCallsMeetIsOne) {
  test::ManualTimer timer;
  std::vector<RetryNotice> heard;
  RetryBackend retry(
      faults_, [&](const RetryNotice& notice) { heard.push_back(notice); }, policy_, timer, 7);
  std::map<BackendCall, seconds> pauses = {{BackendCall::kLoad, seconds(100)},
                                           {BackendCall::kList, seconds(10)}};
  faults_.before_each_call([&](BackendCall call, const FileKey&) {
    const auto pause = pauses.extract(call);
    if (pause) throw Error(ErrorCode::kUnavailable, "away").with_retry_after(pause.mapped());
  });
  std::jthread loading([&] { retry.load(kPack, std::nullopt, {}, {}); });
  ASSERT_TRUE(timer.wait_until_waiting(1));
  std::jthread listing([&] { retry.list(FileKind::kPack, {}); });
  ASSERT_TRUE(timer.wait_until_waiting(2));
  EXPECT_EQ(retry.size(kPack, {}), 4U);  // which met nothing of it
  timer.advance(seconds(10));
  listing.join();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].call, "loading " + describe(kPack));
  EXPECT_EQ(heard[0].fault, "away");
  timer.advance(seconds(90));
  loading.join();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[1].call, "loading " + describe(kPack));
  EXPECT_TRUE(heard[1].fault.empty());
}

TEST_F(RetryBackendTest, AnOutageThatACallGaveUpOnIsOverWithoutAWord) {
  lose(kLoads, FaultBackend::kForever);
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "given up", [&] { load(); }));
  EXPECT_EQ(notices_.size(), 1U);
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "given up", [&] { load(kOtherPack); }));
  EXPECT_EQ(notices_.size(), 2U);  // nobody waited any longer: the next one is told of anew
}

TEST_F(RetryBackendTest, AFileThatIsGoneAtTheSecondTryWasRemovedByTheFirst) {
  bool answered = false;
  faults_.before_each_call([&](BackendCall call, const FileKey& key) {
    if (call != BackendCall::kRemove || std::exchange(answered, true)) return;
    memory_.remove(key, {});
    throw Error(ErrorCode::kUnavailable, "the answer was lost");
  });
  retry_.remove(kPack, {});
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { retry_.remove(kPack, {}); }));
  EXPECT_EQ(faults_.ended(kRemovals), 3U);
}

TEST_F(RetryBackendTest, ARemovalIsMadeAgainOnlyWhereItMayBe) {
  int asked = 0;
  bool is_permitted = true;
  RetryBackend guarded(faults_, {}, policy_, timer_, 7, {}, [&] {
    ++asked;
    if (!is_permitted) throw Error(ErrorCode::kCancelled, "the lock is lost");
  });
  lose(kRemovals);
  guarded.remove(kPack, {});
  EXPECT_EQ(asked, 1) << "for the second try: who calls has asked for the first";
  is_permitted = false;
  lose(kRemovals);
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { guarded.remove(kOtherPack, {}); }));
  EXPECT_NE(memory_.size(kOtherPack, {}), std::nullopt);
  // A lock that was lost has to go all the more.
  const FileKey lock{FileKind::kLock, kPack.id};
  memory_.save(lock, test::to_bytes("lock"), {});
  lose(kRemovals);
  guarded.remove(lock, {});
  EXPECT_EQ(memory_.size(lock, {}), std::nullopt);
}

TEST_F(RetryBackendTest, ASaveIsMadeAgainOnlyWhereItMayBe) {
  bool is_permitted = true;
  RetryBackend guarded(faults_, {}, policy_, timer_, 7, {}, [&] {
    if (!is_permitted) throw Error(ErrorCode::kCancelled, "the lock is lost");
  });
  const FileKey snapshot{FileKind::kSnapshot, numbered_id(3)};
  is_permitted = false;
  lose(kSaves);
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled,
                         [&] { guarded.save(snapshot, test::to_bytes("snapshot"), {}); }));
  EXPECT_EQ(memory_.size(snapshot, {}), std::nullopt);
  const FileKey lock{FileKind::kLock, numbered_id(4)};
  lose(kSaves);
  guarded.save(lock, test::to_bytes("lock"), {});
  is_permitted = true;
  lose(kSaves);
  guarded.save(snapshot, test::to_bytes("snapshot"), {});
  EXPECT_EQ(memory_.size(snapshot, {}), 8U);
}

TEST_F(RetryBackendTest, LeavesNoHalfFileWhereSavesAreNotAtomic) {
  TornBackend torn(memory_);
  RetryBackend retry(torn, {}, policy_, timer_, 7);
  const FileKey key{FileKind::kSnapshot, numbered_id(3)};
  torn.tears = 2;
  retry.save(key, as_bytes("snapshot"), {});
  EXPECT_EQ(torn.removals, 0U) << "the next save takes its place";
  EXPECT_EQ(memory_.load(key, std::nullopt, {}, {}), test::to_bytes("snapshot"));
  torn.tears = SIZE_MAX;
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, [&] { retry.save(key, as_bytes("new"), {}); }));
  EXPECT_EQ(memory_.size(key, {}), std::nullopt);
}

TEST_F(RetryBackendTest, LeavesNoHalfFileOfASaveThatWasStopped) {
  TornBackend torn(memory_);
  torn.tears = 1;
  RetryBackend retry(torn, {}, {}, timer_);
  StopSource source;
  torn.on_tear = [&] { source.request_stop(); };
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
    retry.save(kOtherPack, test::to_bytes("anew"), source.get_token());
  }));
  EXPECT_FALSE(memory_.size(kOtherPack, {}));
}

TEST_F(RetryBackendTest, WhatOthersMayGoByStaysWhenItWasStoredAllTheSame) {
  for (const FileKind kind :
       {FileKind::kIndex, FileKind::kPack, FileKind::kSnapshot, FileKind::kKey}) {
    const FileKey key{kind, numbered_id(9)};
    TornBackend torn(faults_);
    RetryBackend retry(torn, {}, {}, timer_, 7);
    torn.tears = 1;
    torn.on_tear = [&] { memory_.save(key, test::to_bytes("whole"), {}); };
    retry.save(key, as_bytes("whole"), {});
    EXPECT_EQ(torn.removals, 0U);
    StopSource source;
    torn.tears = 1;
    torn.on_tear = [&] {
      memory_.save(key, test::to_bytes("whole"), {});
      source.request_stop();
    };
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled,
                           [&] { retry.save(key, as_bytes("whole"), source.get_token()); }));
    EXPECT_EQ(torn.removals, 0U);
    EXPECT_EQ(memory_.size(key, {}), 5U);
  }
}

TEST_F(RetryBackendTest, RemovesNoConfigThatIsToBeReplaced) {
  memory_.save(FileKey::config(), test::to_bytes("before"), {});
  TornBackend torn(memory_);
  torn.tears = 100;
  RetryBackend retry(torn, {}, {}, timer_);
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable,
                         [&] { retry.save(FileKey::config(), test::to_bytes("after"), {}); }));
  EXPECT_EQ(torn.removals, 0U);
  EXPECT_TRUE(memory_.size(FileKey::config(), {}));
}

TEST_F(RetryBackendTest, RemovesNothingWhereSavesAreAtomic) {
  lose(kSaves, FaultBackend::kForever);
  EXPECT_TRUE(
      fails_with(ErrorCode::kUnavailable, [&] { retry_.save(kPack, as_bytes("new"), {}); }));
  EXPECT_EQ(faults_.ended(kRemovals), 0U);
  EXPECT_EQ(memory_.size(kPack, {}), 4U);
}

TEST_F(RetryBackendTest, AStopEndsTheWait) {
  test::ManualTimer timer;
  RetryBackend retry(faults_, {}, policy_, timer, 7);
  lose(kLoads, FaultBackend::kForever);
  StopSource source;
  std::jthread caller([&] {
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled,
                           [&] { retry.load(kPack, std::nullopt, {}, source.get_token()); }));
  });
  EXPECT_TRUE(timer.wait_until_waiting(1));
  source.request_stop();
  caller.join();
  EXPECT_EQ(faults_.ended(kLoads), 1U);
  faults_.clear_faults();
  EXPECT_EQ(retry.load(kPack, std::nullopt, {}, {}).size(), 4U);  // no circuit was opened
}

}  // namespace
}  // namespace snapfs
