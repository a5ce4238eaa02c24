#include "tests/sim/scarcity.h"

#include <cstdlib>
#include <new>

#include "tests/sim/process.h"
#include "tests/sim/world.h"
#include "tests/support/replaced_new.h"

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

/// Whether the request with that number is the one, or one of those, that is not granted.
bool is_refused(std::size_t number, std::size_t refused) noexcept {
  if (refused == 0) return false;
  return scarce.persists ? number >= refused : number == refused;
}

bool is_allocation_refused() noexcept {
  if (poor == nullptr || Unfailing::is_there() || !is_running()) return false;
  return is_refused(++allocations, scarce.allocation);
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
  return is_refused(++threads, scarce.thread);
}

}  // namespace snapfs::sim

namespace snapfs::test::replaced_new {

void* allocate(std::size_t size, std::align_val_t alignment) noexcept {
  return sim::is_allocation_refused() ? nullptr : malloc_aligned(size, alignment);
}

void release(void* memory) noexcept { std::free(memory); }

}  // namespace snapfs::test::replaced_new
