// What the storage is asked at once, in which order, and what its failures mean.
#include "fs/fetch/fetcher.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/core_count.h"
#include "fs/base/error.h"
#include "fs/base/synchronized.h"
#include "fs/repo/repository.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/no_more_threads.h"
#include "tests/support/repository_maker.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::CallFilter;
using test::fails_with;

/// More than any machine has cores.
const unsigned kRequests = 40 + static_cast<unsigned>(core_count());
constexpr CallFilter kPackLoads{BackendCall::kLoad, FileKind::kPack};

/// Storage that is far away.
StorageTraits far_traits() { return {.requests = kRequests, .pack_transfers = 5}; }

/// Wants a list of blobs, some at a time, and remembers what became of them.
class ListSource : public FetchSource {
 public:
  explicit ListSource(std::vector<Id> blobs, std::size_t batch = 1000)
      : blobs_(std::move(blobs)), batch_(batch) {}

  void next(std::vector<WantedBlob>& batch) override {
    for (std::size_t i = 0; i < batch_ && next_ < blobs_.size(); ++i, ++next_) {
      batch.push_back({{BlobType::kData, blobs_[next_]}, next_, {}});
    }
  }

  void take(const FetchedBlob& blob) override {
    EXPECT_EQ(blobs_[blob.tag()], blob.handle().id);
    try {
      texts_.lock()->push_back(std::string(as_text(blob.open())));
    } catch (const Error& error) {
      errors_.lock()->push_back(error.code());
    }
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> sorted = *texts_.lock();
    std::ranges::sort(sorted);
    return sorted;
  }
  std::vector<ErrorCode> errors() const { return *errors_.lock(); }

 private:
  const std::vector<Id> blobs_;
  const std::size_t batch_;
  std::size_t next_ = 0;
  mutable Synchronized<std::vector<std::string>> texts_;
  mutable Synchronized<std::vector<ErrorCode>> errors_;
};

class FetcherTest : public ::testing::Test {
 protected:
  /// Blobs that lie side by side.
  std::vector<Id> make_blobs(std::size_t count, const std::string& name = "blob") {
    std::vector<Id> blobs;
    for (std::size_t i = 0; i < count; ++i) {
      blobs.push_back(maker_.add_data(name + std::to_string(i)));
    }
    maker_.flush();
    return blobs;
  }

  /// Blobs in a pack each.
  std::vector<Id> make_packs(std::size_t count, const std::string& name) {
    std::vector<Id> blobs;
    for (std::size_t i = 0; i < count; ++i) {
      blobs.push_back(make_blobs(1, name + std::to_string(i)).front());
    }
    return blobs;
  }

  void fetch(ListSource& source, const StopToken& stop = {}) {
    waiting_.forget();
    Fetcher fetcher(maker_.repository());
    Fetcher::Feed feed(fetcher, source, Urgency::kBulk, stop);
    feed.run();
  }

  std::size_t loads() const { return waiting_.count(kPackLoads); }

  MemoryBackend memory_;
  test::FaultBackend faults_{memory_};
  test::WaitingBackend waiting_{faults_, far_traits()};
  test::RepositoryMaker maker_{waiting_};
};

TEST_F(FetcherTest, AsksForNeighboursOnce) {
  ListSource source(make_blobs(200));
  fetch(source);
  EXPECT_EQ(source.texts().size(), 200U);
  EXPECT_EQ(loads(), 1U);
}

TEST_F(FetcherTest, HasAsManyRequestsUnderWayAsTheStorageLikes) {
  ListSource source(make_packs(100, "pack"));
  waiting_.forget();
  waiting_.hold(kPackLoads);
  Fetcher fetcher(maker_.repository());
  Fetcher::Feed feed(fetcher, source, Urgency::kBulk, {});
  feed.more();
  ASSERT_TRUE(waiting_.wait_until_waiting(kRequests));
  waiting_.release();
  feed.wait();
  EXPECT_EQ(source.texts().size(), 100U);
  EXPECT_EQ(waiting_.most_at_once(), kRequests);
  EXPECT_EQ(loads(), 100U);
}

TEST_F(FetcherTest, WhatSomebodyWaitsForOvertakesAllElse) {
  ListSource bulk(make_packs(100, "bulk"));
  ListSource ahead(make_packs(3, "ahead"));
  const std::vector<Id> wanted = make_packs(4, "wanted");
  ListSource awaited(wanted);
  waiting_.forget();
  waiting_.hold(kPackLoads);
  Fetcher fetcher(maker_.repository());
  Fetcher::Feed bulk_feed(fetcher, bulk, Urgency::kBulk, {});
  Fetcher::Feed ahead_feed(fetcher, ahead, Urgency::kAhead, {});
  bulk_feed.more();
  ASSERT_TRUE(waiting_.wait_until_waiting(kRequests));
  ahead_feed.more();
  Fetcher::Feed awaited_feed(fetcher, awaited, Urgency::kForeground, {});
  awaited_feed.more();
  // Though all requests are under way, as many more as there are cores begin at once.
  const std::size_t at_once = std::min<std::size_t>(wanted.size(), core_count());
  ASSERT_TRUE(waiting_.wait_until_waiting(kRequests + at_once));
  for (std::size_t i = kRequests; i < kRequests + at_once; ++i) {
    EXPECT_EQ(waiting_.seen()[i].purpose.urgency, Urgency::kForeground);
  }
  waiting_.release();
  awaited_feed.wait();
  ahead_feed.wait();
  bulk_feed.wait();
  std::size_t last_awaited = 0;
  std::size_t last_ahead = 0;
  const auto seen = waiting_.seen();
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i].purpose.urgency == Urgency::kForeground) last_awaited = i;
    if (seen[i].purpose.urgency == Urgency::kAhead) last_ahead = i;
  }
  EXPECT_LT(last_awaited, kRequests + wanted.size());
  EXPECT_LT(last_ahead, seen.size() - 40) << "what is ahead comes before what is bulk";
}

TEST_F(FetcherTest, BytesUnderWayAreBounded) {
  // Three MiB in each pack, which no compression makes smaller.
  std::vector<Id> blobs;
  std::uint64_t state = 1;
  for (std::size_t i = 0; i < 12; ++i) {
    std::string noise(3 << 20, '\0');
    for (char& c : noise) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      c = static_cast<char>(state >> 56);
    }
    blobs.push_back(maker_.add_data(noise));
    maker_.flush();
  }
  ListSource source(blobs);
  waiting_.forget();
  waiting_.hold(kPackLoads);
  Fetcher fetcher(maker_.repository());
  Fetcher::Feed feed(fetcher, source, Urgency::kBulk, {});
  feed.more();
  constexpr std::size_t kMost = Fetcher::kMaxBytes / (3 << 20);
  ASSERT_TRUE(waiting_.wait_until_waiting(kMost));
  waiting_.release();
  feed.wait();
  EXPECT_EQ(waiting_.most_at_once(), kMost) << "of " << kRequests;
}

TEST_F(FetcherTest, StorageThatDoesNotAnswerFailsTheRunOnce) {
  ListSource source(make_blobs(200));
  faults_.fail(kPackLoads, 1, ErrorCode::kUnavailable);
  fetch(source);
  EXPECT_EQ(source.errors(), std::vector<ErrorCode>(200, ErrorCode::kUnavailable));
  EXPECT_EQ(loads(), 1U) << "200 blobs that were asked for twice would be 401";
}

TEST_F(FetcherTest, WhatConcernsOneCopyLeadsToOthers) {
  const std::vector<Id> blobs = make_blobs(3);
  maker_.damage({BlobType::kData, blobs[1]});
  maker_.add_second_copy({BlobType::kData, blobs[1]}, "blob1");
  ListSource source(blobs);
  fetch(source);
  EXPECT_EQ(source.texts(), (std::vector<std::string>{"blob0", "blob1", "blob2"}));
}

TEST_F(FetcherTest, ABadSectorCostsNoMoreThanItsBlob) {
  const std::vector<Id> blobs = make_blobs(3);
  const auto place = maker_.repository().index().find_any({BlobType::kData, blobs[1]});
  faults_.break_byte({FileKind::kPack, place->pack}, place->offset + 1);
  ListSource source(blobs);
  fetch(source);
  EXPECT_EQ(source.texts(), (std::vector<std::string>{"blob0", "blob2"}));
  EXPECT_EQ(source.errors(), std::vector<ErrorCode>{ErrorCode::kIo});
}

TEST_F(FetcherTest, WithoutMemoryForARunItsBlobsComeOneByOne) {
  ListSource source(make_blobs(3));
  faults_.fail(kPackLoads, 1, ErrorCode::kOutOfResources);
  fetch(source);
  EXPECT_EQ(source.texts().size(), 3U);
  EXPECT_EQ(loads(), 4U);
}

/// Remembers which threads took its blobs.
class ThreadSource final : public ListSource {
 public:
  using ListSource::ListSource;

  void take(const FetchedBlob& blob) override {
    threads_.lock()->insert(std::this_thread::get_id());
    ListSource::take(blob);
  }

  std::set<std::thread::id> threads() const { return *threads_.lock(); }

 private:
  mutable Synchronized<std::set<std::thread::id>> threads_;
};

TEST_F(FetcherTest, WhoeverWaitsForNearStorageIsOneOfItsThreads) {
  const std::vector<Id> blobs = make_packs(50, "pack");
  test::WaitingBackend near(memory_, StorageTraits{.requests = 1});
  Repository repository(near, as_bytes(test::kPassword), OpenOptions{}, StopToken());
  repository.load_index({});
  Fetcher fetcher(repository);
  ThreadSource source(blobs);
  Fetcher::Feed(fetcher, source, Urgency::kBulk, {}).run();
  EXPECT_EQ(source.texts().size(), 50U);
  // One request at a time: no thread but this one.
  EXPECT_EQ(source.threads(), std::set{std::this_thread::get_id()});
}

TEST_F(FetcherTest, WhoeverWaitsForNearStorageLeavesOnlyTheRestToThreads) {
  if (core_count() < 2) GTEST_SKIP() << "two requests are for two cores";
  const std::vector<Id> blobs = make_packs(2, "pack");
  test::WaitingBackend near(memory_, StorageTraits{.requests = 2});
  Repository repository(near, as_bytes(test::kPassword), OpenOptions{}, StopToken());
  repository.load_index({});
  near.hold(kPackLoads);
  Fetcher fetcher(repository);
  ThreadSource source(blobs, 1);
  std::jthread releasing([&] {
    // Both are under way at once, one of them in the thread that waits.
    EXPECT_TRUE(near.wait_until_waiting(2));
    near.release();
  });
  Fetcher::Feed(fetcher, source, Urgency::kBulk, {}).run();
  EXPECT_EQ(source.threads().size(), 2U);
  EXPECT_TRUE(source.threads().contains(std::this_thread::get_id()));
}

TEST_F(FetcherTest, ABlobThatIsInNoIndexIsToldOf) {
  std::vector<Id> blobs = make_blobs(2);
  blobs.push_back(Id{{1}});
  ListSource source(blobs);
  fetch(source);
  EXPECT_EQ(source.texts().size(), 2U);
  EXPECT_EQ(source.errors(), std::vector<ErrorCode>{ErrorCode::kNotFound});
}

TEST_F(FetcherTest, AStopIsNoDamage) {
  ListSource source(make_packs(100, "pack"));
  waiting_.hold(kPackLoads);
  StopSource stop;
  Fetcher fetcher(maker_.repository());
  Fetcher::Feed feed(fetcher, source, Urgency::kBulk, stop.get_token());
  feed.more();
  ASSERT_TRUE(waiting_.wait_until_waiting(kRequests));
  stop.request_stop();
  feed.wait();
  EXPECT_EQ(source.errors(), std::vector<ErrorCode>(100, ErrorCode::kCancelled));
}

TEST_F(FetcherTest, DestroyingAFeedCancelsWhatIsUnderWay) {
  ListSource source(make_packs(100, "pack"));
  waiting_.forget();
  waiting_.hold(kPackLoads);
  Fetcher fetcher(maker_.repository());
  {
    Fetcher::Feed feed(fetcher, source, Urgency::kAhead, {});
    feed.more();
    ASSERT_TRUE(waiting_.wait_until_waiting(kRequests));
  }
  EXPECT_EQ(loads(), kRequests);
  EXPECT_TRUE(source.texts().empty());
}

TEST_F(FetcherTest, WhatATakerThrowsEndsTheFeed) {
  class ThrowingSource final : public ListSource {
   public:
    using ListSource::ListSource;
    void take(const FetchedBlob&) override { throw Error(ErrorCode::kNoSpace, "full"); }
    void failed(const std::exception_ptr&) noexcept override { ++failures; }
    std::atomic<int> failures = 0;
  };
  ThrowingSource source(make_packs(100, "pack"), 10);
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, "full", [&] { fetch(source); }));
  EXPECT_EQ(source.failures, 1);
  EXPECT_LE(loads(), kRequests + 10) << "the rest is not asked for";
}

TEST_F(FetcherTest, AFeedThatFailedLetsGoOfWhatIsUnderWay) {
  class ThrowingSource final : public ListSource {
   public:
    using ListSource::ListSource;
    void take(const FetchedBlob&) override { throw Error(ErrorCode::kNoSpace, "full"); }
  };
  ThrowingSource source(make_packs(100, "pack"));
  waiting_.hold(kPackLoads);
  Fetcher fetcher(maker_.repository());
  Fetcher::Feed feed(fetcher, source, Urgency::kBulk, {});
  feed.more();
  ASSERT_TRUE(waiting_.wait_until_waiting(kRequests));
  waiting_.release_first();
  EXPECT_TRUE(waiting_.wait_until_none_waits()) << "the others are of no use any more";
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, "full", [&] { feed.wait(); }));
}

TEST_F(FetcherTest, WithoutThreadsWhoeverWaitsDoesTheWork) {
  ListSource source(make_packs(5, "pack"));
  const test::NoMoreThreads none;
  fetch(source);
  EXPECT_EQ(source.texts().size(), 5U);
}

TEST_F(FetcherTest, ThreadsThatThereWereNotAreAskedForAgain) {
  ThreadSource source(make_packs(5, "pack"));
  Fetcher fetcher(maker_.repository());
  Fetcher::Feed feed(fetcher, source, Urgency::kAhead, {});
  {
    const test::NoMoreThreads none;
    feed.more();
  }
  feed.more();
  feed.wait();
  EXPECT_EQ(source.texts().size(), 5U);
  EXPECT_FALSE(source.threads().contains(std::this_thread::get_id()));
}

/// Of what is only a guess.
class GuessingSource final : public ListSource {
 public:
  using ListSource::ListSource;

  void take(const FetchedBlob& blob) override {
    if (blob.tag() % 2 == 0) throw std::bad_alloc();
    ListSource::take(blob);
  }
  bool goes_on_after_failures() const noexcept override { return true; }
  void dropped(std::size_t tag) noexcept override { dropped_.lock()->insert(tag); }

  std::set<std::size_t> dropped() const { return *dropped_.lock(); }

 private:
  mutable Synchronized<std::set<std::size_t>> dropped_;
};

TEST_F(FetcherTest, AFeedThatGoesOnIsToldWhatItLost) {
  GuessingSource source(make_packs(6, "pack"));
  fetch(source);
  EXPECT_EQ(source.texts().size(), 3U);
  EXPECT_EQ(source.dropped(), (std::set<std::size_t>{0, 2, 4}));
}

TEST_F(FetcherTest, StorageIsNearWhenItsRequestsAreNoMoreThanTheCores) {
  EXPECT_FALSE(Fetcher(maker_.repository()).is_near());
  MemoryBackend memory;
  const auto cores = static_cast<unsigned>(core_count());
  test::WaitingBackend storage(memory, StorageTraits{.requests = cores});
  test::RepositoryMaker maker(storage);
  EXPECT_TRUE(Fetcher(maker.repository()).is_near());
}

}  // namespace
}  // namespace snapfs
