#include "archiver/task/semaphore.h"

namespace snapfs {

Permit& Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    release();
    semaphore_ = std::exchange(other.semaphore_, nullptr);
    weight_ = other.weight_;
  }
  return *this;
}

void Permit::release() noexcept {
  if (Semaphore* semaphore = std::exchange(semaphore_, nullptr)) semaphore->release(weight_);
}

Semaphore::Semaphore(Tomb& tomb, std::size_t capacity)
    : admission_(capacity), on_kill_(tomb.token(), Killer{this}) {}

Permit Semaphore::acquire(std::size_t weight) {
  std::unique_lock lock(mutex_);
  if (killed_) return {};
  if (!admission_.try_enter(weight)) {
    WeighedWaiter self(weight);
    admission_.line_up(self);
    lock.unlock();
    if (!self.suspend()) return {};
  }
  return {this, weight};
}

std::size_t Semaphore::used() const {
  const std::lock_guard lock(mutex_);
  return admission_.used();
}

void Semaphore::release(std::size_t weight) noexcept {
  WaiterList admitted;
  {
    const std::lock_guard lock(mutex_);
    admission_.leave(weight);
    while (WeighedWaiter* next = admission_.admit_next()) admitted.push_back(*next);
  }
  admitted.grant_all();
}

void Semaphore::dismiss_all() noexcept {
  WaiterList waiters;
  {
    const std::lock_guard lock(mutex_);
    killed_ = true;
    admission_.surrender(waiters);
  }
  waiters.dismiss_all();
}

}  // namespace snapfs
