// Prefetching: which accesses the storage sees, and what readers see of it.
#include "fs/fetch/prefetcher.h"

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "fs/repo/repository.h"
#include "mount/model/blob_cache.h"
#include "tests/support/fault_backend.h"
#include "tests/support/no_more_threads.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::CallFilter;

constexpr CallFilter kPackLoads{BackendCall::kLoad, FileKind::kPack};

class PrefetcherTest : public ::testing::Test {
 protected:
  Id add(const std::string& text) { return maker_.add_data(text); }

  void wait_for(const Id& blob) {
    while (!cache_->contains(blob)) std::this_thread::yield();
  }

  void open() {
    maker_.flush();
    repository_ = maker_.open();
    repository_->load_index({});
    fetcher_ = std::make_unique<Fetcher>(*repository_);
    cache_ = std::make_unique<BlobCache>(*repository_, 1 << 20, std::chrono::milliseconds(0));
    loads_before_ = faults_.ended(kPackLoads);
  }

  std::size_t loads() const { return faults_.ended(kPackLoads) - loads_before_; }

  MemoryBackend backend_;
  test::FaultBackend faults_{backend_};
  test::RepositoryMaker maker_{faults_};
  std::unique_ptr<Repository> repository_;
  std::unique_ptr<Fetcher> fetcher_;
  std::unique_ptr<BlobCache> cache_;
  std::size_t loads_before_ = 0;
};

TEST_F(PrefetcherTest, NeighboursInAPackAreOneAccess) {
  std::vector<Id> blobs;
  for (int i = 0; i < 20; ++i) blobs.push_back(add("blob " + std::to_string(i)));
  open();
  {
    Prefetcher prefetcher(*fetcher_, Urgency::kAhead, {});
    prefetcher.want(*cache_, blobs);
    for (const Id& blob : blobs) wait_for(blob);
  }
  EXPECT_EQ(loads(), 1U);
  EXPECT_EQ(as_text(*cache_->get(blobs[7], {})), "blob 7");
  EXPECT_EQ(loads(), 1U) << "read from memory";
  EXPECT_EQ(cache_->counters().prefetched, 20U);
  EXPECT_EQ(cache_->counters().hits, 1U);
}

TEST_F(PrefetcherTest, DamagedAndMissingBlobsAreLeftToTheReader) {
  const Id first = add("first");
  const Id damaged = add("damaged");
  const Id last = add("last");
  maker_.flush();
  maker_.damage({BlobType::kData, damaged});
  open();
  Id missing;
  missing.bytes.fill(1);
  Prefetcher prefetcher(*fetcher_, Urgency::kAhead, {});
  prefetcher.want(*cache_, {missing, first, damaged, last});
  wait_for(first);
  wait_for(last);
  EXPECT_FALSE(cache_->contains(damaged));
  EXPECT_THROW(cache_->get(damaged, {}), Error);
}

TEST_F(PrefetcherTest, ReaderWaitsForWhatIsOnItsWay) {
  const Id blob = add("content");
  open();
  std::latch loading(1);
  std::latch go_on(1);
  faults_.before_each_call([&](BackendCall, const FileKey&) {
    loading.count_down();
    go_on.wait();
  });
  Prefetcher prefetcher(*fetcher_, Urgency::kAhead, {});
  prefetcher.want(*cache_, {blob});
  loading.wait();
  auto reader = std::async(std::launch::async, [&] { return cache_->get(blob, {}); });
  while (cache_->counters().waits == 0) std::this_thread::yield();
  go_on.count_down();
  EXPECT_EQ(as_text(*reader.get()), "content");
  EXPECT_EQ(loads(), 1U);
}

TEST_F(PrefetcherTest, ReaderLoadsItselfWhatCouldNotBePrefetched) {
  const Id blob = add("content");
  open();
  std::latch loading(1);
  std::latch go_on(1);
  std::atomic<bool> first{true};
  faults_.before_each_call([&](BackendCall, const FileKey&) {
    if (!first.exchange(false)) return;
    loading.count_down();
    go_on.wait();
    throw Error(ErrorCode::kUnavailable, "planted fault");
  });
  Prefetcher prefetcher(*fetcher_, Urgency::kAhead, {});
  prefetcher.want(*cache_, {blob});
  loading.wait();
  auto reader = std::async(std::launch::async, [&] { return cache_->get(blob, {}); });
  while (cache_->counters().waits == 0) std::this_thread::yield();
  go_on.count_down();
  EXPECT_EQ(as_text(*reader.get()), "content");
  EXPECT_EQ(cache_->counters().misses, 1U);
}

TEST_F(PrefetcherTest, WhatWasCancelledIsNotLoaded) {
  const Id useless = add("useless");
  const Id useful = add("useful");
  open();
  PrefetchTicket ticket;
  const StopToken cancel = ticket.token();
  ticket = {};
  Prefetcher prefetcher(*fetcher_, Urgency::kAhead, {});
  prefetcher.want(*cache_, {useless}, cancel);
  prefetcher.want(*cache_, {useful});
  wait_for(useful);
  EXPECT_FALSE(cache_->contains(useless));
  EXPECT_EQ(loads(), 1U);
}

TEST_F(PrefetcherTest, DestructionSettlesWhatIsUnderWay) {
  std::vector<Id> blobs;
  for (int i = 0; i < 100; ++i) blobs.push_back(add(std::to_string(i)));
  open();
  std::latch loading(1);
  std::latch go_on(1);
  std::atomic<bool> first{true};
  faults_.before_each_call([&](BackendCall, const FileKey&) {
    if (first.exchange(false)) loading.count_down();
    go_on.wait();
  });
  auto prefetcher = std::make_unique<Prefetcher>(*fetcher_, Urgency::kAhead, StopToken{});
  prefetcher->want(*cache_, {blobs.front()});
  loading.wait();
  prefetcher->want(*cache_, blobs);
  std::jthread destroyer([&] { prefetcher.reset(); });
  go_on.count_down();
  destroyer.join();
  EXPECT_EQ(cache_->counters().in_flight, 0U);
  EXPECT_EQ(as_text(*cache_->get(blobs.front(), {})), "0");
}

TEST_F(PrefetcherTest, StoppingLetsGoOfWhatReadersWaitFor) {
  const Id blob = add("content");
  const Id other = add("other");
  open();
  std::latch loading(1);
  std::latch go_on(1);
  faults_.before_each_call([&](BackendCall, const FileKey&) {
    loading.count_down();
    go_on.wait();
  });
  StopSource stop;
  Prefetcher prefetcher(*fetcher_, Urgency::kAhead, stop.get_token());
  prefetcher.want(*cache_, {blob});
  loading.wait();
  stop.request_stop();
  prefetcher.want(*cache_, {other});
  go_on.count_down();
  while (cache_->counters().in_flight != 0) std::this_thread::yield();
  EXPECT_FALSE(cache_->contains(blob));
  EXPECT_FALSE(cache_->contains(other));
}

TEST_F(PrefetcherTest, WhatIsDeliveredHasNotFailedAnyMore) {
  const Id blob = add("blob");
  maker_.flush();
  maker_.damage({BlobType::kData, blob});
  open();
  EXPECT_THROW(cache_->get(blob, {}), Error);
  ASSERT_TRUE(cache_->has_failed(blob));
  maker_.repair({BlobType::kData, blob});
  Prefetcher prefetcher(*fetcher_, Urgency::kAhead, {});
  prefetcher.want(*cache_, {blob});
  wait_for(blob);
  EXPECT_FALSE(cache_->any_failed());
}

TEST_F(PrefetcherTest, WithoutThreadsNothingIsPrefetchedAndNothingFails) {
  const Id blob = add("blob");
  open();
  {
    const test::NoMoreThreads none;
    Prefetcher prefetcher(*fetcher_, Urgency::kAhead, {});
    prefetcher.want(*cache_, {blob});
  }
  EXPECT_FALSE(cache_->contains(blob));
  EXPECT_EQ(as_text(*cache_->get(blob, {})), "blob");
}

TEST_F(PrefetcherTest, WhatWasReadToItsEndGoesFirst) {
  constexpr std::size_t kBlob = 1000 + SharedCache<Id, Bytes>::kItemBytes;
  BlobCache cache(maker_.repository(), 2 * kBlob + kBlob / 2, std::chrono::milliseconds(0));
  const Id a = add(std::string(1000, 'a'));
  const Id b = add(std::string(1000, 'b'));
  const Id c = add(std::string(1000, 'c'));
  maker_.flush();
  cache.get(a, {});
  cache.get(b, {});
  cache.read_to_end(b);
  cache.get(c, {});
  EXPECT_TRUE(cache.contains(a)) << "though least recently used";
  EXPECT_FALSE(cache.contains(b));
}

}  // namespace
}  // namespace snapfs
