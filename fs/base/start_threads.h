// Threads of a pool, when the system may not give them all.
#pragma once

#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace snapfs {

/// Starts `count` threads that call `run`, or fewer when the system gives no more and there are
/// `least` of them. Throws what failed only when there is none, so that none waits for its end in
/// vain: `least` is 0 or 1.
template <class Run>
void start_threads(std::vector<std::jthread>& threads, std::size_t count, std::size_t least,
                   const Run& run) {
  try {
    threads.reserve(count);
    while (threads.size() < count) threads.emplace_back(run);
  } catch (const std::exception&) {
    if (threads.size() < least) throw;
  }
}

}  // namespace snapfs
