// Kills the pipeline at arbitrary moments with real threads: what the seeded runs cannot show, the
// races between a kill and everything else. A hang shows as the test's time limit in ctest.
#include <limits>
#include <random>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "archiver/task/worker_pool.h"
#include "tests/archiver/task/pipeline.h"

namespace snapfs {
namespace {

using test::Pipeline;

constexpr int kRounds = 200;
constexpr std::size_t kNodes = 150;
constexpr std::size_t kEndless = std::numeric_limits<std::size_t>::max();

// Fiber 0 walks; the others of its thread and those of the second thread save; fiber 1 collects.
void run_part(Pipeline& pipeline, std::size_t worker) {
  if (worker == 0) {
    pipeline.walk();
  } else if (worker == 1) {
    pipeline.collect();
  } else {
    pipeline.save();
  }
}

// Waits until the walk has come far enough, then ends everything: by a failing worker, or from
// outside.
void kill_at(Tomb& tomb, const Pipeline& pipeline, std::size_t nodes_opened, bool by_error) {
  while (pipeline.opened() < nodes_opened) std::this_thread::yield();
  if (by_error) throw std::runtime_error("a worker failed");
  tomb.cancel();
}

TEST(KillStress, D6_RandomKillsWithRealThreads) {
  std::mt19937 random(20240229);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(round);
    const bool killed = random() % 8 != 0;
    const bool by_error = random() % 2 == 0;
    const std::size_t kill_after = random() % kNodes;
    Tomb tomb;
    Pipeline pipeline(tomb, killed ? kEndless : kNodes);
    Channel<int> never(tomb, 1);
    {
      WorkerPool pool(tomb, {.threads = 2, .fibers_per_thread = 3}, [&](std::size_t worker) {
        run_part(pipeline, worker);
        if (worker == 0) never.close();
      });
      // Beside the killer, a bystander that only the kill or the end of the walk wakes.
      WorkerPool others(tomb, {.threads = 2}, [&](std::size_t worker) {
        if (worker == 0) never.pop();
        if (worker == 1 && killed) kill_at(tomb, pipeline, kill_after, by_error);
      });
      pool.join();
      others.join();
    }
    ASSERT_EQ(tomb.alive(), !killed);
    ASSERT_EQ(pipeline.live(), 0);
    ASSERT_EQ(pipeline.bytes_in_flight(), 0U);
    ASSERT_EQ(pipeline.misplaced(), 0U);
    if (!killed) {
      ASSERT_EQ(pipeline.collected(), kNodes);
    }
  }
}

}  // namespace
}  // namespace snapfs
