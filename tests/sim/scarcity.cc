#include "tests/sim/scarcity.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "tests/sim/process.h"
#include "tests/sim/world.h"

namespace snapfs::sim {
namespace {

const Process* poor = nullptr;
Scarcity scarce;
std::size_t allocations = 0;
std::size_t threads = 0;

bool is_running() noexcept {
  const World* const world = World::current();
  return world != nullptr && world->process().get() == poor;
}

bool is_allocation_refused() noexcept {
  if (poor == nullptr || Unfailing::is_there() || !is_running()) return false;
  return ++allocations == scarce.allocation;
}

void* allocate(std::size_t size) noexcept {
  return is_allocation_refused() ? nullptr : std::malloc(std::max<std::size_t>(size, 1));
}

void* allocate_or_throw(std::size_t size) {
  void* const memory = allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void make_scarce(const Process* process, const Scarcity& scarcity) noexcept {
  poor = process;
  scarce = scarcity;
  if (process == nullptr) return;
  allocations = 0;
  threads = 0;
}

std::size_t counted_allocations() noexcept { return allocations; }
std::size_t counted_threads() noexcept { return threads; }

bool is_thread_refused() noexcept {
  if (poor == nullptr || !is_running()) return false;
  ++threads;
  if (scarce.thread == 0) return false;
  return scarce.all_threads ? threads >= scarce.thread : threads == scarce.thread;
}

}  // namespace snapfs::sim

void* operator new(std::size_t size) { return snapfs::sim::allocate_or_throw(size); }
void* operator new[](std::size_t size) { return snapfs::sim::allocate_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return snapfs::sim::allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return snapfs::sim::allocate(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
