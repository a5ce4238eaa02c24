// Single flight, the budget, and errors of the cache.
#include "mount/model/shared_cache.h"

#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "mount/model/last_oversized.h"

namespace snapfs {
namespace {

struct Text {
  std::string value;
};

std::size_t memory_bytes(const Text& text) { return text.value.size(); }

using Cache = SharedCache<int, Text>;

auto text(std::size_t bytes, int* loads = nullptr) {
  return [=] {
    if (loads != nullptr) ++*loads;
    return std::make_shared<const Text>(Text{std::string(bytes, 'x')});
  };
}

TEST(SharedCache, EvictsTheLeastRecentlyUsed) {
  Cache cache(100 + 2 * Cache::kItemBytes);
  cache.get(1, text(40));
  cache.get(2, text(40));
  cache.get(1, text(40));
  cache.get(3, text(40));
  EXPECT_NE(cache.peek(1), nullptr);
  EXPECT_EQ(cache.peek(2), nullptr);
  EXPECT_NE(cache.peek(3), nullptr);
  EXPECT_EQ(cache.size_bytes(), 80 + 2 * Cache::kItemBytes);
}

TEST(SharedCache, WhatJustFitsIsKeptAlone) {
  Cache cache(100);
  cache.get(1, text(40));
  cache.get(2, text(100));
  EXPECT_EQ(cache.peek(1), nullptr);
  EXPECT_NE(cache.peek(2), nullptr);
}

TEST(SharedCache, WhatIsLargerThanTheBudgetIsHandedOutAndNotKept) {
  Cache cache(100);
  cache.get(1, text(40));
  EXPECT_EQ(cache.get(2, text(101))->value.size(), 101U);
  EXPECT_EQ(cache.peek(2), nullptr);
  EXPECT_NE(cache.peek(1), nullptr);
}

TEST(SharedCache, KeysCountToo) {
  using Named = SharedCache<std::string, Text>;
  Named cache(1000 + 2 * Named::kItemBytes);
  for (char name = 'a'; name <= 'z'; ++name) cache.get(std::string(200, name), text(1));
  EXPECT_EQ(cache.size_bytes(), 802 + 2 * Named::kItemBytes)
      << "each is in the list and in the table";
}

TEST(LastOversized, OneValueThatIsTooLargeIsKept) {
  LastOversized<int, Text> large;
  large.offer(1, text(100)(), 100);
  EXPECT_EQ(large.find(1), nullptr);
  const auto first = text(101)();
  large.offer(2, first, 100);
  EXPECT_EQ(large.find(2), first);
  large.offer(3, text(102)(), 100);
  EXPECT_EQ(large.find(2), nullptr);
  EXPECT_EQ(large.find(3)->value.size(), 102U);
}

TEST(SharedCache, FailureIsNotCached) {
  Cache cache(100);
  EXPECT_THROW(cache.get(1, []() -> Cache::Pointer { throw std::runtime_error("no"); }),
               std::runtime_error);
  int loads = 0;
  cache.get(1, text(1, &loads));
  EXPECT_EQ(loads, 1);
}

TEST(SharedCache, ManyThreadsLoadOnce) {
  constexpr int kThreads = 4;
  Cache cache(100);
  std::atomic<int> loads{0};
  std::latch together(kThreads);
  std::vector<Cache::Pointer> results(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        together.arrive_and_wait();
        results[i] = cache.get(7, [&] {
          ++loads;
          return std::make_shared<const Text>(Text{"once"});
        });
      });
    }
  }
  EXPECT_EQ(loads, 1);
  for (const Cache::Pointer& result : results) EXPECT_EQ(result, results.front());
}

}  // namespace
}  // namespace snapfs
