// What is out never exceeds the capacity, the order is the order of asking, a kill sends all home.
#include "archiver/task/semaphore.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/seeded_fibers.h"

namespace snapfs {
namespace {

using test::SeededFibers;

TEST(Semaphore, APermitGivesBackOnce) {
  Tomb tomb;
  Semaphore semaphore(tomb, 10);
  {
    Permit permit = semaphore.acquire(4);
    EXPECT_TRUE(permit);
    Permit moved = std::move(permit);
    EXPECT_FALSE(permit);  // NOLINT(bugprone-use-after-move): a moved permit holds nothing
    EXPECT_EQ(semaphore.used(), 4U);
    const Permit other = semaphore.acquire(6);
    EXPECT_EQ(semaphore.used(), 10U);
    moved.release();
    moved.release();
    EXPECT_EQ(semaphore.used(), 6U);
  }
  EXPECT_EQ(semaphore.used(), 0U);
}

TEST(Semaphore, BoundsWhatIsOut) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Tomb tomb;
    Semaphore semaphore(tomb, 10);
    std::size_t out = 0;
    std::size_t most = 0;
    SeededFibers fibers(seed);
    for (std::size_t weight = 1; weight <= 6; ++weight) {
      fibers.spawn([&, weight] {
        for (int i = 0; i < 5; ++i) {
          const Permit permit = semaphore.acquire(weight);
          out += weight;
          most = std::max(most, out);
          test::yield_fiber();
          out -= weight;
        }
      });
    }
    fibers.run();
    EXPECT_LE(most, 10U);
    EXPECT_GE(most, 6U);
    EXPECT_EQ(semaphore.used(), 0U);
  }
}

TEST(Semaphore, FirstComeFirstServed) {
  Tomb tomb;
  Semaphore semaphore(tomb, 10);
  Permit all = semaphore.acquire(10);
  std::vector<std::string> order;
  SeededFibers fibers(1);
  fibers.spawn([&] {
    const Permit heavy = semaphore.acquire(9);
    order.emplace_back("heavy");
  });
  fibers.when_stuck([&] {
    all = Permit();
    const Permit light = semaphore.acquire(2);
    order.emplace_back("light");
  });
  fibers.run();
  EXPECT_EQ(order, (std::vector<std::string>{"heavy", "light"}));
}

TEST(Semaphore, GrantsMoreThanTheCapacityWhenNothingIsOut) {
  Tomb tomb;
  Semaphore semaphore(tomb, 10);
  const Permit permit = semaphore.acquire(100);
  EXPECT_TRUE(permit);
  EXPECT_EQ(semaphore.used(), 100U);
}

TEST(Semaphore, D6_AKillSendsAllHome) {
  Tomb tomb;
  Semaphore semaphore(tomb, 1);
  const Permit permit = semaphore.acquire(1);
  int returned = 0;
  SeededFibers fibers(1);
  for (int i = 0; i < 3; ++i) {
    fibers.spawn([&] {
      EXPECT_FALSE(semaphore.acquire(1));
      ++returned;
    });
  }
  fibers.when_stuck([&] { tomb.cancel(); });
  fibers.run();
  EXPECT_EQ(returned, 3);
  EXPECT_FALSE(semaphore.acquire(1));
}

}  // namespace
}  // namespace snapfs
