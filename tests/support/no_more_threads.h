// A system that gives no more threads, or only a few. Only a header, so that any test can include
// it.
#pragma once

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <stdexcept>

namespace snapfs::test {

/// While it lives, new threads have stacks of this size.
class StackSize {
 public:
  explicit StackSize(std::size_t bytes) {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    ::pthread_attr_init(&huge);
    const bool set =
        ::pthread_attr_setstacksize(&huge, bytes) == 0 && ::pthread_setattr_default_np(&huge) == 0;
    ::pthread_attr_destroy(&huge);
    if (!set) throw std::runtime_error("cannot set the size of stacks");
  }
  ~StackSize() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }
  StackSize(const StackSize&) = delete;
  StackSize& operator=(const StackSize&) = delete;

 private:
  pthread_attr_t before_{};
};

/// While it lives, starting a thread fails in the whole process, as it does without memory: a new
/// one would need a larger stack than there is room for.
class NoMoreThreads {
 private:
  StackSize huge_{std::size_t{1} << 46};
};

/// While it lives, only so many more threads can be started in the whole process: their stacks take
/// the address space that there is.
class FewThreads {
 public:
  explicit FewThreads(std::size_t more) {
    ::getrlimit(RLIMIT_AS, &before_);
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limit = before_;
    limit.rlim_cur = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) +
                     more * kStackBytes + kStackBytes / 2;
    if (::setrlimit(RLIMIT_AS, &limit) != 0) throw std::runtime_error("cannot limit memory");
  }
  ~FewThreads() { ::setrlimit(RLIMIT_AS, &before_); }
  FewThreads(const FewThreads&) = delete;
  FewThreads& operator=(const FewThreads&) = delete;

 private:
  static constexpr std::size_t kStackBytes = std::size_t{1} << 30;

  StackSize large_{kStackBytes};
  rlimit before_{};
};

}  // namespace snapfs::test
