// Every body runs once, on a stack that holds what was asked for, with signals left to the main
// thread; errors kill the tomb; everything is joined.
#include "archiver/task/worker_pool.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

#include "archiver/task/channel.h"
#include "fs/base/error.h"
#include "tests/support/no_more_threads.h"

namespace snapfs {
namespace {

TEST(WorkerPool, RunsEveryBodyOnce) {
  Tomb tomb;
  std::mutex mutex;
  std::multiset<std::size_t> seen;
  std::set<std::thread::id> threads;
  {
    WorkerPool pool(tomb,
                    {.name = "a name that is far too long", .threads = 2, .fibers_per_thread = 3},
                    [&](std::size_t worker) {
                      const std::lock_guard lock(mutex);
                      seen.insert(worker);
                      threads.insert(std::this_thread::get_id());
                    });
    pool.join();
    pool.join();
  }
  EXPECT_EQ(seen, (std::multiset<std::size_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(threads.size(), 2U);
  EXPECT_TRUE(tomb.alive());
}

TEST(WorkerPool, FewerThreadsRunTheFibersOfAll) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the address space is limited here, and a sanitizer needs much of it for itself";
#endif
  Tomb tomb;
  std::mutex mutex;
  std::multiset<std::size_t> seen;
  std::set<std::thread::id> threads;
  {
    const test::FewThreads scarcity(2);
    WorkerPool pool(tomb, {.threads = 5, .fibers_per_thread = 2}, [&](std::size_t worker) {
      const std::lock_guard lock(mutex);
      seen.insert(worker);
      threads.insert(std::this_thread::get_id());
    });
    pool.join();
  }
  EXPECT_EQ(seen, (std::multiset<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(threads.size(), 2U);
  EXPECT_TRUE(tomb.alive());
}

TEST(WorkerPool, WithoutAnyThreadSaysSo) {
  Tomb tomb;
  const test::NoMoreThreads scarcity;
  EXPECT_THROW(WorkerPool(tomb, {.threads = 2}, [](std::size_t) {}), Error);
  EXPECT_FALSE(tomb.alive());
}

TEST(WorkerPool, FibersOfOneThreadTakeTurns) {
  Tomb tomb;
  Channel<int> there(tomb, 1);
  Channel<int> back(tomb, 1);
  int sum = 0;
  WorkerPool pool(tomb, {.threads = 1, .fibers_per_thread = 2}, [&](std::size_t worker) {
    for (int i = 0; i < 100; ++i) {
      if (worker == 0) {
        there.push(i);
        sum += back.pop().value_or(0);
      } else {
        back.push(there.pop().value_or(0));
      }
    }
  });
  pool.join();
  EXPECT_EQ(sum, 100 * 99 / 2);
}

TEST(WorkerPool, D6_TheFirstWorkerThatFailsEndsAll) {
  Tomb tomb;
  Channel<int> jobs(tomb, 1);
  Channel<int> never(tomb, 1);
  WorkerPool pool(tomb, {.threads = 2, .fibers_per_thread = 4}, [&](std::size_t worker) {
    if (worker == 5) {
      jobs.pop();
      throw std::runtime_error("worker 5 is ill");
    }
    never.pop();
  });
  while (jobs.push(1)) {
  }
  pool.join();
  EXPECT_THROW(tomb.rethrow_if_killed(), std::runtime_error);
}

TEST(WorkerPool, TheDestructorOfAnUnjoinedPoolKillsAndJoins) {
  Tomb tomb;
  Channel<int> never(tomb, 1);
  std::atomic<int> ended{0};
  {
    const WorkerPool pool(tomb, {.threads = 2, .fibers_per_thread = 2}, [&](std::size_t) {
      never.pop();
      ++ended;
    });
  }
  EXPECT_EQ(ended, 4);
  EXPECT_FALSE(tomb.alive());
}

TEST(WorkerPool, ItsThreadsLeaveSignalsToTheMainThread) {
  Tomb tomb;
  sigset_t inside;
  sigset_t before;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  WorkerPool pool(tomb, {}, [&](std::size_t) { pthread_sigmask(SIG_SETMASK, nullptr, &inside); });
  pool.join();
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE}) {
    EXPECT_TRUE(sigismember(&inside, signal)) << signal;
  }
  EXPECT_FALSE(sigismember(&inside, SIGSEGV));
  EXPECT_EQ(sigismember(&before, SIGINT), sigismember(&after, SIGINT));
}

TEST(WorkerPool, StacksAreAsLargeAsAsked) {
  Tomb tomb;
  std::atomic<int> sum{0};
  WorkerPool pool(tomb, {.stack_bytes = 1024 * 1024}, [&](std::size_t) {
    volatile char frame[768 * 1024];
    for (std::size_t i = 0; i < sizeof(frame); i += 4096) frame[i] = 1;
    for (std::size_t i = 0; i < sizeof(frame); i += 4096) sum += frame[i];
  });
  pool.join();
  EXPECT_EQ(sum, 768 / 4);
}

TEST(WorkerPool, StacksThatCannotBeMadeKillTheTomb) {
  Tomb tomb;
  std::atomic<int> ran{0};
  WorkerPool pool(tomb, {.fibers_per_thread = 2, .stack_bytes = std::size_t{1} << 60},
                  [&](std::size_t) { ++ran; });
  pool.join();
  EXPECT_THROW(tomb.rethrow_if_killed(), std::bad_alloc);
  EXPECT_EQ(ran, 0);
}

}  // namespace
}  // namespace snapfs
