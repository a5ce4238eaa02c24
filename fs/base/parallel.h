// A handful of independent calls over all cores. For work in bulk the archiver has its own
// machinery.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "fs/base/core_count.h"
#include "fs/base/start_threads.h"

namespace snapfs {

/// Calls `work` once for every item, from up to as many threads as there are cores (or as are
/// given), in no particular order; from fewer when the system gives no more, the calling one at
/// least. The first exception stops the handing out of items and is rethrown when all threads have
/// ended.
template <class Item, class Work>
void parallel_for_each(const std::vector<Item>& items, const Work& work,
                       std::size_t max_threads = core_count()) {
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
    std::vector<std::jthread> threads;
    const std::size_t count = std::min(max_threads, items.size());
    start_threads(threads, count > 0 ? count - 1 : 0, 0, run);
    run();
  }
  if (first_error) std::rethrow_exception(first_error);
}

}  // namespace snapfs
