// A handful of independent calls over all cores. For work in bulk the archiver has its own
// machinery.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace snapfs {

/// Calls `work` once for every item, from up to as many threads as there are cores, in no
/// particular order. The first exception stops the handing out of items and is rethrown when all
/// threads have ended.
template <class Item, class Work>
void parallel_for_each(const std::vector<Item>& items, const Work& work) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  std::exception_ptr first_error;
  const auto run = [&] {
    while (!failed) {
      const std::size_t index = next++;
      if (index >= items.size()) return;
      try {
        work(items[index]);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first_error) first_error = std::current_exception();
        failed = true;
      }
    }
  };
  {
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(cores, items.size()); ++i) threads.emplace_back(run);
    run();
  }
  if (first_error) std::rethrow_exception(first_error);
}

}  // namespace snapfs
