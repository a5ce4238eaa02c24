// What a node and a channel item cost, in bytes and in time. The bytes are malloc's own count,
// with its rounding, so they are what a process really grows by.
#include <malloc.h>

#include <cstdint>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "archiver/task/channel.h"
#include "archiver/task/future_node.h"
#include "archiver/task/worker_pool.h"

namespace {

// Bytes in use that malloc gave out of its arenas or mapped.
std::int64_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
}

}  // namespace

namespace snapfs {
namespace {

constexpr std::size_t kNodes = 10'000;

void report(benchmark::State& state, std::int64_t bytes) {
  state.counters["bytes/node"] = static_cast<double>(bytes) / kNodes;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kNodes));
}

void reused_nodes(benchmark::State& state) {
  std::int64_t bytes = 0;
  for (auto _ : state) {
    const std::int64_t before = heap_bytes();
    std::vector<FutureNode> nodes;
    nodes.reserve(kNodes);
    for (std::size_t i = 0; i < kNodes; ++i) nodes.push_back(FutureNode::reused({i, 300}));
    bytes = heap_bytes() - before;
    for (FutureNode& node : nodes) benchmark::DoNotOptimize(node.take());
  }
  report(state, bytes);
}
BENCHMARK(reused_nodes);

void pending_nodes(benchmark::State& state, bool taken) {
  std::int64_t bytes = 0;
  std::vector<NodePromise> promises;
  promises.reserve(kNodes);
  for (auto _ : state) {
    const std::int64_t before = heap_bytes();
    std::vector<FutureNode> nodes;
    nodes.reserve(kNodes);
    for (std::size_t i = 0; i < kNodes; ++i) {
      auto [node, promise] = FutureNode::make();
      nodes.push_back(std::move(node));
      promises.push_back(std::move(promise));
    }
    if (!taken) bytes = heap_bytes() - before;
    for (NodePromise& promise : promises) promise.set({});
    promises.clear();
    for (FutureNode& node : nodes) benchmark::DoNotOptimize(node.take());
    if (taken) bytes = heap_bytes() - before;
  }
  report(state, bytes);
}
BENCHMARK_CAPTURE(pending_nodes, pending, false);
BENCHMARK_CAPTURE(pending_nodes, taken, true);

void channel_without_waiting(benchmark::State& state) {
  Tomb tomb;
  Channel<int> channel(tomb, 16);
  for (auto _ : state) {
    channel.push(1);
    benchmark::DoNotOptimize(channel.pop());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(channel_without_waiting);

// One batch through a channel of the capacity given; one or two threads.
void channel_between_fibers(benchmark::State& state) {
  constexpr int kItems = 50'000;
  const auto capacity = static_cast<std::size_t>(state.range(0));
  const auto threads = static_cast<std::size_t>(state.range(1));
  for (auto _ : state) {
    Tomb tomb;
    Channel<int> channel(tomb, capacity);
    WorkerPool pool(tomb, {.threads = threads, .fibers_per_thread = 2 / threads},
                    [&](std::size_t worker) {
                      if (worker == 0) {
                        for (int i = 0; i < kItems; ++i) channel.push(i);
                        channel.close();
                      } else {
                        while (channel.pop()) {
                        }
                      }
                    });
    pool.join();
  }
  state.SetItemsProcessed(state.iterations() * kItems);
}
BENCHMARK(channel_between_fibers)
    ->ArgNames({"capacity", "threads"})
    ->ArgsProduct({{16, 64, 1024}, {1, 2}})
    ->UseRealTime();

}  // namespace
}  // namespace snapfs

BENCHMARK_MAIN();
