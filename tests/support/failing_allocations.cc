#include "tests/support/failing_allocations.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "tests/support/replaced_new.h"

namespace {

/// Allocations until the one that fails; negative: none does.
std::atomic<long> left{-1};

/// The size of the largest one that succeeds.
std::atomic<std::size_t> largest{SIZE_MAX};

bool is_to_fail(std::size_t size) noexcept {
  if (size > largest.load(std::memory_order_relaxed)) return true;
  return left.load(std::memory_order_relaxed) >= 0 &&
         left.fetch_sub(1, std::memory_order_relaxed) == 0;
}

}  // namespace

namespace snapfs::test {

void FailingAllocations::fail_after(long count) noexcept { left = count; }

long FailingAllocations::remaining() noexcept { return left; }

void FailingAllocations::fail_above(std::size_t bytes) noexcept { largest = bytes; }

long FailingAllocations::end() noexcept {
  largest = SIZE_MAX;
  return left.exchange(-1);
}

namespace replaced_new {

void* allocate(std::size_t size, std::align_val_t alignment) noexcept {
  return is_to_fail(size) ? nullptr : malloc_aligned(size, alignment);
}

void release(void* memory) noexcept { std::free(memory); }

}  // namespace replaced_new
}  // namespace snapfs::test
