// Without memory for a moment: what is fetched on a guess goes on, and nobody is kept waiting.
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/fetch/prefetcher.h"
#include "tests/support/failing_allocations.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::FailingAllocations;

/// There to fail a test that would hang.
constexpr std::chrono::seconds kHung{20};

/// Remembers what was claimed, and what was delivered.
class Target final : public PrefetchTarget {
 public:
  BlobType blob_type() const noexcept override { return BlobType::kData; }
  bool wants(const Id& /*blob*/) const override { return true; }

  std::unique_ptr<Delivery> claim(const Id& blob) override {
    auto claimed = std::make_unique<Claimed>(*this, blob);
    if (claims() == starve_at_) FailingAllocations::fail_above(0);
    return claimed;
  }

  /// No allocation succeeds once so many were claimed.
  void starve_at(std::size_t claims) { starve_at_ = claims; }

  bool has(const Id& blob) const {
    const std::lock_guard lock(mutex_);
    return delivered_.contains(blob);
  }

  bool wait_until_delivered(const Id& blob) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kHung, [&] { return delivered_.contains(blob); });
  }

  /// Until so many were claimed in all, and none of them is held any more.
  bool wait_until_released(std::size_t claims) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kHung, [&] { return claims_ >= claims && held_ == 0; });
  }

 private:
  std::size_t claims() const {
    const std::lock_guard lock(mutex_);
    return claims_;
  }

  class Claimed final : public Delivery {
   public:
    Claimed(Target& target, const Id& blob) : target_(target), blob_(blob) {
      const std::lock_guard lock(target_.mutex_);
      ++target_.claims_;
      ++target_.held_;
    }
    ~Claimed() override {
      const std::lock_guard lock(target_.mutex_);
      --target_.held_;
      target_.changed_.notify_all();
    }
    void deliver(Bytes /*plain*/) override {
      const std::lock_guard lock(target_.mutex_);
      target_.delivered_.insert(blob_);
      target_.changed_.notify_all();
    }

   private:
    Target& target_;
    const Id blob_;
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t starve_at_ = 0;  ///< 0: never
  std::set<Id> delivered_;
  std::size_t claims_ = 0;
  std::size_t held_ = 0;
};

class FetchWithoutMemoryTest : public ::testing::Test {
 protected:
  FetchWithoutMemoryTest() {
    for (const char* text : {"warm-up", "one", "two", "three", "last"}) {
      blobs_.push_back(maker_.add_data(text));
    }
    maker_.flush();
  }

  MemoryBackend memory_;
  test::RepositoryMaker maker_{memory_};
  std::vector<Id> blobs_;
};

TEST_F(FetchWithoutMemoryTest, PrefetchingGoesOnWhicheverAllocationFails) {
  long failures = 0;
  for (bool failed = true; failed; failures += failed ? 1 : 0) {
    Fetcher fetcher(maker_.repository());
    Target target;
    Prefetcher prefetcher(fetcher, Urgency::kAhead, {});
    prefetcher.want(target, {blobs_[0]});  // starts the threads
    ASSERT_TRUE(target.wait_until_delivered(blobs_[0]));
    std::vector<Id> wanted(blobs_.begin() + 1, blobs_.end() - 1);
    FailingAllocations::fail_after(failures);
    try {
      prefetcher.want(target, std::move(wanted));
    } catch (const std::bad_alloc&) {
      // Who wishes hears of it.
    }
    while (FailingAllocations::remaining() >= 0 && !target.has(blobs_[3]))
      std::this_thread::yield();
    failed = FailingAllocations::end() < 0;
    prefetcher.want(target, {blobs_.back()});
    ASSERT_TRUE(target.wait_until_delivered(blobs_.back())) << "allocation " << failures;
  }
  EXPECT_GT(failures, 5);
}

TEST_F(FetchWithoutMemoryTest, WhatWasClaimedIsReleased) {
  Fetcher fetcher(maker_.repository());
  Target target;
  Prefetcher prefetcher(fetcher, Urgency::kAhead, {});
  target.starve_at(3);
  prefetcher.want(target, {blobs_[1], blobs_[2], blobs_[3]});
  const bool released = target.wait_until_released(3);
  FailingAllocations::end();
  EXPECT_TRUE(released);
  EXPECT_FALSE(target.has(blobs_[1]));
  prefetcher.want(target, {blobs_.back()});
  EXPECT_TRUE(target.wait_until_delivered(blobs_.back()));
}

TEST(PrefetchTicketTest, IsMovedWithoutMemory) {
  PrefetchTicket held;
  PrefetchTicket other;
  const StopToken wanted = other.token();
  FailingAllocations::fail_after(0);
  held = std::move(other);
  EXPECT_EQ(FailingAllocations::end(), 0) << "something was allocated";
  EXPECT_FALSE(wanted.stop_requested());
  held = PrefetchTicket();
  EXPECT_TRUE(wanted.stop_requested());
}

}  // namespace
}  // namespace snapfs
