#include "tests/support/failing_allocations.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

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

void* allocate(std::size_t size) noexcept {
  return is_to_fail(size) ? nullptr : std::malloc(std::max<std::size_t>(size, 1));
}

void* allocate_or_throw(std::size_t size) {
  void* const memory = allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate_or_throw(size); }
void* operator new[](std::size_t size) { return allocate_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace snapfs::test {

void FailingAllocations::fail_after(long count) noexcept { left = count; }

long FailingAllocations::remaining() noexcept { return left; }

void FailingAllocations::fail_above(std::size_t bytes) noexcept { largest = bytes; }

long FailingAllocations::end() noexcept {
  largest = SIZE_MAX;
  return left.exchange(-1);
}

}  // namespace snapfs::test
