// One promise, one future, one take; whoever is dropped, nobody waits and nothing is left.
#include "archiver/task/future.h"

#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/seeded_fibers.h"

namespace snapfs {
namespace {

using test::SeededFibers;

static_assert(sizeof(Future<std::unique_ptr<int>>) == 8);
static_assert(sizeof(FutureState<void*>) <= 32 + sizeof(void*));

TEST(Future, TakesWhatWasSetBefore) {
  auto [future, promise] = make_future<int>();
  EXPECT_FALSE(future.ready());
  promise.set(7);
  EXPECT_TRUE(future.ready());
  EXPECT_EQ(future.take(), 7);
}

TEST(Future, WaitsForWhatIsSetLater) {
  auto [future, promise] = make_future<int>();
  std::optional<int> got;
  SeededFibers fibers(1);
  fibers.spawn([&, &taken = future] { got = taken.take(); });
  fibers.when_stuck([&, &given = promise] { given.set(7); });
  fibers.run();
  EXPECT_EQ(got, 7);
}

TEST(Future, D1_TakeFreesTheState) {
  const auto value = std::make_shared<int>(1);
  auto [future, promise] = make_future<std::shared_ptr<int>>();
  promise.set(value);
  EXPECT_EQ(value.use_count(), 2);
  EXPECT_EQ(future.take(), value);
  EXPECT_EQ(value.use_count(), 1);
  EXPECT_FALSE(future.valid());
}

TEST(Future, D1_TheSecondTakeGetsNothing) {
  auto [future, promise] = make_future<int>();
  promise.set(1);
  EXPECT_TRUE(future.take());
  EXPECT_FALSE(future.take());
}

TEST(Future, ADroppedPromiseMeansCancelled) {
  auto made = make_future<int>();
  { const Promise<int> dropped = std::move(made.second); }
  EXPECT_TRUE(made.first.ready());
  EXPECT_EQ(made.first.take(), std::nullopt);
}

TEST(Future, APromiseDroppedLaterWakesWhoWaits) {
  auto [future, promise] = make_future<int>();
  std::optional<int> got = 1;
  SeededFibers fibers(1);
  fibers.spawn([&, &taken = future] { got = taken.take(); });
  fibers.when_stuck([&dropped = promise] { dropped = Promise<int>(); });
  fibers.run();
  EXPECT_EQ(got, std::nullopt);
}

TEST(Future, ADroppedFutureFreesTheValue) {
  const auto value = std::make_shared<int>(1);
  {
    auto [future, promise] = make_future<std::shared_ptr<int>>();
    future = Future<std::shared_ptr<int>>();
    promise.set(value);
    EXPECT_EQ(value.use_count(), 1);
  }
  {
    auto [future, promise] = make_future<std::shared_ptr<int>>();
    promise.set(value);
    EXPECT_EQ(value.use_count(), 2);
  }
  EXPECT_EQ(value.use_count(), 1);
}

TEST(Future, TheSecondSetIsIgnored) {
  auto [future, promise] = make_future<int>();
  promise.set(1);
  promise.set(2);
  EXPECT_EQ(future.take(), 1);
}

TEST(Future, CrossesThreads) {
  constexpr int kCount = 500;
  std::vector<Future<int>> futures;
  std::vector<Promise<int>> promises;
  for (int i = 0; i < kCount; ++i) {
    auto [future, promise] = make_future<int>();
    futures.push_back(std::move(future));
    promises.push_back(std::move(promise));
  }
  std::thread setter([&] {
    for (int i = 0; i < kCount; ++i) {
      if (i % 3 != 0) promises[static_cast<std::size_t>(i)].set(i);
    }
    promises.clear();
  });
  for (int i = 0; i < kCount; ++i) {
    const auto expected = i % 3 != 0 ? std::optional<int>(i) : std::nullopt;
    EXPECT_EQ(futures[static_cast<std::size_t>(i)].take(), expected);
  }
  setter.join();
}

}  // namespace
}  // namespace snapfs
