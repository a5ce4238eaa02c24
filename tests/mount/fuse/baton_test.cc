// One holder at a time, and an end for all.
#include "mount/fuse/baton.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(Baton, HasOneHolderAtATime) {
  Baton baton;
  std::atomic<int> holders{0};
  std::atomic<int> turns{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        for (int turn = 0; turn < 200; ++turn) {
          ASSERT_TRUE(baton.take());
          EXPECT_EQ(++holders, 1);
          ++turns;
          --holders;
          baton.pass();
        }
      });
    }
  }
  EXPECT_EQ(turns, 600);
}

TEST(Baton, WithdrawingEndsTheWait) {
  Baton baton;
  ASSERT_TRUE(baton.take());
  auto waiting = std::async(std::launch::async, [&] { return baton.take(); });
  baton.withdraw();
  EXPECT_FALSE(waiting.get()) << "though it is held";
  EXPECT_TRUE(baton.withdrawn());
  EXPECT_FALSE(baton.take());
}

}  // namespace
}  // namespace snapfs
