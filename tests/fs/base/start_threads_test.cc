// Pools of threads on a system that does not give them all.
#include "fs/base/start_threads.h"

#include <atomic>
#include <new>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/base/parallel.h"
#include "tests/support/no_more_threads.h"

namespace snapfs {
namespace {

/// What a thread runs; only so many can be made of it.
struct Scarce {
  Scarce(std::atomic<int>& left_to_copy, std::atomic<int>& runs) : left(left_to_copy), ran(runs) {}
  Scarce(const Scarce& other) : left(other.left), ran(other.ran) {
    if (--left < 0) throw std::bad_alloc();
  }
  Scarce& operator=(const Scarce&) = delete;
  ~Scarce() = default;
  void operator()() const { ++ran; }

  std::atomic<int>& left;
  std::atomic<int>& ran;
};

TEST(StartThreads, DoesWithFewer) {
  std::atomic<int> left = 2;
  std::atomic<int> ran = 0;
  {
    std::vector<std::jthread> threads;
    start_threads(threads, 5, 1, Scarce(left, ran));
    EXPECT_EQ(threads.size(), 2U);
  }
  EXPECT_EQ(ran, 2);
}

TEST(StartThreads, ThrowsWithoutAnyWhenItNeedsOne) {
  const test::NoMoreThreads scarcity;
  std::vector<std::jthread> threads;
  EXPECT_THROW(start_threads(threads, 5, 1, [] {}), std::system_error);
  EXPECT_NO_THROW(start_threads(threads, 5, 0, [] {}));
  EXPECT_TRUE(threads.empty());
}

TEST(StartThreads, WorkInBulkIsDoneByTheCallerAlone) {
  const test::NoMoreThreads scarcity;
  std::set<std::thread::id> workers;
  int sum = 0;
  parallel_for_each(
      std::vector<int>{1, 2, 3, 4},
      [&](int item) {
        workers.insert(std::this_thread::get_id());
        sum += item;
      },
      8);
  EXPECT_EQ(sum, 10);
  EXPECT_EQ(workers, std::set{std::this_thread::get_id()});
  parallel_for_each(std::vector<int>{}, [](int) { FAIL(); });
}

}  // namespace
}  // namespace snapfs
