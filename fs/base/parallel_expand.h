// Work that finds more work, over all cores and in no particular order: walking a graph of trees.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "fs/base/core_count.h"
#include "fs/base/start_threads.h"

namespace snapfs {

/// Calls `work(item, found)` for each item, from up to as many threads as there are cores; what it
/// appends to the vector `found` are items, too. The last one found goes first, so that a deep tree
/// needs little memory. The first exception ends it and is rethrown when all threads have ended.
template <class Item, class Work>
void parallel_expand(std::vector<Item> items, const Work& work) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t busy = 0;
  std::exception_ptr error;
  const auto run = [&] {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return error || !items.empty() || busy == 0; });
      if (error || items.empty()) return;
      const Item item = std::move(items.back());
      items.pop_back();
      ++busy;
      lock.unlock();
      std::vector<Item> found;
      std::exception_ptr failure;
      try {
        work(item, found);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      --busy;
      try {
        std::move(found.begin(), found.end(), std::back_inserter(items));
      } catch (...) {
        failure = std::current_exception();
      }
      if (failure && !error) error = failure;
      if (found.size() > 1 || busy == 0 || error) changed.notify_all();
    }
  };
  {
    std::vector<std::jthread> threads;
    start_threads(threads, core_count() - 1, 0, run);
    run();
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace snapfs
