// A system that gives no more threads. Only a header, so that any test can include it.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <stdexcept>

namespace snapfs::test {

/// While it lives, starting a thread fails in the whole process, as it does without memory: a new
/// one would need a larger stack than there is room for.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    ::pthread_attr_init(&huge);
    const bool set = ::pthread_attr_setstacksize(&huge, std::size_t{1} << 46) == 0 &&
                     ::pthread_setattr_default_np(&huge) == 0;
    ::pthread_attr_destroy(&huge);
    if (!set) throw std::runtime_error("cannot set the size of stacks");
  }
  ~NoMoreThreads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;

 private:
  pthread_attr_t before_{};
};

}  // namespace snapfs::test
