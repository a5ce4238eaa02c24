// The contract of Channel: order, exact capacity by weight, what close keeps and what a kill drops.
#include "archiver/task/channel.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "archiver/task/future.h"
#include "tests/support/seeded_fibers.h"

namespace snapfs {
namespace {

using test::SeededFibers;

constexpr std::uint64_t kSeeds = 20;

TEST(Channel, KeepsTheOrder) {
  Tomb tomb;
  Channel<int> channel(tomb, 3);
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(channel.push(i));
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(channel.pop(), i);
}

TEST(Channel, KeepsTheOrderThroughWaiting) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Tomb tomb;
    Channel<int> channel(tomb, 2);
    std::vector<int> got;
    SeededFibers fibers(seed);
    fibers.spawn([&] {
      for (int i = 0; i < 20; ++i) EXPECT_TRUE(channel.push(i));
      channel.close();
    });
    fibers.spawn([&] {
      while (const auto item = channel.pop()) got.push_back(*item);
    });
    fibers.run();
    ASSERT_EQ(got.size(), 20U);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
  }
}

TEST(Channel, HoldsExactlyItsCapacity) {
  for (const std::size_t capacity : {1U, 2U, 3U, 7U}) {
    Tomb tomb;
    Channel<int> channel(tomb, capacity);
    int item = 0;
    for (std::size_t i = 0; i < capacity; ++i) EXPECT_TRUE(channel.try_push(item));
    EXPECT_FALSE(channel.try_push(item));
    EXPECT_EQ(channel.size(), capacity);
    channel.pop();
    EXPECT_TRUE(channel.try_push(item));
  }
}

TEST(Channel, ARefusedTryPushLeavesTheItem) {
  Tomb tomb;
  Channel<std::unique_ptr<int>> channel(tomb, 1);
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  EXPECT_TRUE(channel.try_push(first));
  EXPECT_FALSE(channel.try_push(second));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(*second, 2);
}

TEST(Channel, CapacityIsMeasuredInWeight) {
  Tomb tomb;
  Channel<int> channel(tomb, 10);
  int item = 0;
  EXPECT_TRUE(channel.try_push(item, 6));
  EXPECT_FALSE(channel.try_push(item, 5));
  EXPECT_TRUE(channel.try_push(item, 4));
  EXPECT_EQ(channel.weight(), 10U);
  EXPECT_EQ(channel.size(), 2U);
  channel.pop();
  EXPECT_EQ(channel.weight(), 4U);
}

TEST(Channel, AdmitsAnItemHeavierThanTheCapacityWhenEmpty) {
  Tomb tomb;
  Channel<int> channel(tomb, 10);
  int item = 1;
  EXPECT_TRUE(channel.try_push(item));
  EXPECT_FALSE(channel.try_push(item, 100));
  channel.pop();
  EXPECT_TRUE(channel.try_push(item, 100));
  EXPECT_FALSE(channel.try_push(item));
  channel.pop();
  EXPECT_EQ(channel.weight(), 0U);
  EXPECT_TRUE(channel.try_push(item));
}

TEST(Channel, LightItemsDoNotOvertakeAHeavyOneThatWaits) {
  Tomb tomb;
  Channel<std::string> channel(tomb, 10);
  ASSERT_TRUE(channel.push("first", 8));
  std::vector<std::string> got;
  SeededFibers fibers(1);
  fibers.spawn([&] { channel.push("heavy", 10); });
  fibers.when_stuck([&] {
    std::string light = "light";
    EXPECT_FALSE(channel.try_push(light, 1));
    for (int i = 0; i < 2; ++i) got.push_back(channel.pop().value_or("nothing"));
  });
  fibers.run();
  EXPECT_EQ(got, (std::vector<std::string>{"first", "heavy"}));
}

TEST(Channel, NeverHoldsMoreThanItsCapacity) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Tomb tomb;
    Channel<int> channel(tomb, 10);
    std::size_t most = 0;
    int producing = 3;
    SeededFibers fibers(seed);
    for (int p = 0; p < 3; ++p) {
      fibers.spawn([&, p] {
        for (int i = 0; i < 10; ++i) {
          EXPECT_TRUE(channel.push(i, static_cast<std::size_t>(3 * p + 1)));
          most = std::max(most, channel.weight());
        }
        if (--producing == 0) channel.close();
      });
    }
    int got = 0;
    fibers.spawn([&] {
      while (channel.pop()) ++got;
    });
    fibers.run();
    EXPECT_EQ(got, 30);
    EXPECT_LE(most, 10U);
    EXPECT_GE(most, 7U);
  }
}

TEST(Channel, CloseDrains) {
  Tomb tomb;
  Channel<int> channel(tomb, 4);
  channel.push(1);
  channel.push(2);
  channel.close();
  channel.close();
  int item = 3;
  EXPECT_FALSE(channel.push(3));
  EXPECT_FALSE(channel.try_push(item));
  EXPECT_EQ(channel.pop(), 1);
  EXPECT_EQ(channel.pop(), 2);
  EXPECT_EQ(channel.pop(), std::nullopt);
}

TEST(Channel, CloseWakesWaitingConsumers) {
  Tomb tomb;
  Channel<int> channel(tomb, 1);
  int returned = 0;
  SeededFibers fibers(1);
  for (int i = 0; i < 3; ++i) {
    fibers.spawn([&] {
      EXPECT_EQ(channel.pop(), std::nullopt);
      ++returned;
    });
  }
  fibers.when_stuck([&] { channel.close(); });
  fibers.run();
  EXPECT_EQ(returned, 3);
}

TEST(Channel, D6_AKillWakesBlockedProducers) {
  Tomb tomb;
  Channel<int> channel(tomb, 1);
  channel.push(0);
  int returned = 0;
  SeededFibers fibers(1);
  for (int i = 0; i < 3; ++i) {
    fibers.spawn([&] {
      EXPECT_FALSE(channel.push(1));
      ++returned;
    });
  }
  fibers.when_stuck([&] { tomb.cancel(); });
  fibers.run();
  EXPECT_TRUE(fibers.deadlocked());
  EXPECT_EQ(returned, 3);
}

TEST(Channel, D6_AKillWakesBlockedConsumers) {
  Tomb tomb;
  Channel<int> channel(tomb, 1);
  int returned = 0;
  SeededFibers fibers(1);
  for (int i = 0; i < 3; ++i) {
    fibers.spawn([&] {
      EXPECT_EQ(channel.pop(), std::nullopt);
      ++returned;
    });
  }
  fibers.when_stuck([&] { tomb.cancel(); });
  fibers.run();
  EXPECT_EQ(returned, 3);
}

TEST(Channel, AKillDropsWhatIsQueued) {
  Tomb tomb;
  Channel<std::shared_ptr<int>> channel(tomb, 4);
  const auto item = std::make_shared<int>(1);
  channel.push(item);
  channel.push(item);
  EXPECT_EQ(item.use_count(), 3);
  tomb.cancel();
  EXPECT_EQ(item.use_count(), 1);
  EXPECT_EQ(channel.size(), 0U);
  EXPECT_EQ(channel.weight(), 0U);
  EXPECT_EQ(channel.pop(), std::nullopt);
  EXPECT_FALSE(channel.push(item));
  EXPECT_EQ(item.use_count(), 1);
}

TEST(Channel, AKillDropsOutsideTheLock) {
  Tomb tomb;
  struct Job {
    Channel<std::unique_ptr<Job>>* channel;
    std::size_t* seen;
    ~Job() { *seen = channel->size(); }  // would wait for the mutex for ever
  };
  std::size_t seen = 99;
  Channel<std::unique_ptr<Job>> channel(tomb, 1);
  channel.push(std::unique_ptr<Job>(new Job{&channel, &seen}));
  tomb.cancel();
  EXPECT_EQ(seen, 0U);
}

TEST(Channel, ADroppedJobCancelsItsFuture) {
  Tomb tomb;
  Channel<Promise<int>> jobs(tomb, 1);
  auto [future, promise] = make_future<int>();
  std::optional<int> result = 1;
  SeededFibers fibers(1);
  jobs.push(std::move(promise));
  fibers.spawn([&, &taken = future] { result = taken.take(); });
  fibers.when_stuck([&] { tomb.cancel(); });
  fibers.run();
  EXPECT_EQ(result, std::nullopt);
}

TEST(Channel, AnItemHandedOverJustBeforeAKillIsDropped) {
  Tomb tomb;
  Channel<std::shared_ptr<int>> channel(tomb, 1);
  const auto item = std::make_shared<int>(1);
  bool got_item = true;
  SeededFibers fibers(1);
  fibers.spawn([&] { got_item = channel.pop().has_value(); });
  fibers.when_stuck([&] {
    channel.push(item);
    tomb.cancel();
  });
  fibers.run();
  EXPECT_FALSE(got_item);
  EXPECT_EQ(item.use_count(), 1);
}

TEST(Channel, MadeAfterTheKillItIsUselessAtOnce) {
  Tomb tomb;
  tomb.cancel();
  Channel<int> channel(tomb, 1);
  EXPECT_FALSE(channel.push(1));
  EXPECT_EQ(channel.pop(), std::nullopt);
}

TEST(Channel, WorksBetweenTheMainContextsOfPlainThreads) {
  Tomb tomb;
  Channel<int> there(tomb, 2);
  Channel<int> back(tomb, 2);
  std::thread echo([&] {
    while (const auto item = there.pop()) back.push(*item + 1);
    back.close();
    settle_wakes();
  });
  int sum = 0;
  for (int i = 0; i < 200; ++i) {
    there.push(i);
    sum += back.pop().value_or(0);
  }
  there.close();
  EXPECT_EQ(back.pop(), std::nullopt);
  echo.join();
  EXPECT_EQ(sum, 200 * 199 / 2 + 200);
}

}  // namespace
}  // namespace snapfs
