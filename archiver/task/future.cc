// The one-word handshake between a promise and its future.
#include "archiver/task/future.h"

#include <cstdint>

namespace snapfs {
namespace {

// Marks that no Waiter has as its address: those are aligned to at least four.
Waiter* mark(std::uintptr_t value) noexcept {
  return reinterpret_cast<Waiter*>(value);  // NOLINT(performance-no-int-to-ptr)
}
Waiter* resolved_mark() noexcept { return mark(1); }
Waiter* abandoned_mark() noexcept { return mark(2); }
static_assert(alignof(Waiter) >= 4);

}  // namespace

void Rendezvous::await() noexcept {
  if (resolved()) return;
  Waiter self;
  Waiter* expected = nullptr;
  if (word_.compare_exchange_strong(expected, &self, std::memory_order_acq_rel)) self.suspend();
}

bool Rendezvous::resolve() noexcept {
  Waiter* const before = word_.exchange(resolved_mark(), std::memory_order_acq_rel);
  if (before == abandoned_mark()) return true;
  if (before != nullptr) before->grant();
  return false;
}

bool Rendezvous::abandon() noexcept {
  return word_.exchange(abandoned_mark(), std::memory_order_acq_rel) == resolved_mark();
}

bool Rendezvous::resolved() const noexcept {
  return word_.load(std::memory_order_acquire) == resolved_mark();
}

}  // namespace snapfs
