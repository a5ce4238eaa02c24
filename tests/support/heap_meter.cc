// operator new and delete on top of malloc, with four counters.
#include "tests/support/heap_meter.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/support/replaced_new.h"

namespace {

std::atomic<std::size_t> blocks{0};
std::atomic<std::size_t> bytes{0};
std::atomic<std::size_t> peak{0};
std::atomic<std::size_t> made{0};

void count(void* memory) noexcept {
  blocks.fetch_add(1, std::memory_order_relaxed);
  made.fetch_add(1, std::memory_order_relaxed);
  const std::size_t size = malloc_usable_size(memory);
  const std::size_t now = bytes.fetch_add(size, std::memory_order_relaxed) + size;
  std::size_t most = peak.load(std::memory_order_relaxed);
  while (most < now && !peak.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
  }
}

}  // namespace

namespace snapfs::test {

std::size_t HeapMeter::live_blocks() noexcept { return blocks; }
std::size_t HeapMeter::live_bytes() noexcept { return bytes; }
std::size_t HeapMeter::allocations() noexcept { return made; }
std::size_t HeapMeter::peak_bytes() noexcept { return peak; }
void HeapMeter::forget_peak() noexcept { peak = bytes.load(); }

namespace replaced_new {

void* allocate(std::size_t size, std::align_val_t alignment) noexcept {
  void* const memory = malloc_aligned(size, alignment);
  if (memory != nullptr) count(memory);
  return memory;
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  blocks.fetch_sub(1, std::memory_order_relaxed);
  bytes.fetch_sub(malloc_usable_size(memory), std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace replaced_new
}  // namespace snapfs::test
