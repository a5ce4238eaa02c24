// Memory and threads that a program does not get: preloaded into it (LD_PRELOAD), counts what it
// asks operator new and pthread_create for since its main() began, and refuses what it is told to.
// The file named by SNAPFS_TEST_SCARCE is shared with the test, which reads the counts and says
// what to refuse, also while the program runs. malloc is left alone: parts of the C library
// (glibc 2.36's name services) do not survive its failure. A library for tests, not a test.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "tests/support/replaced_new.h"

namespace {

/// One thing that is asked for. Numbers begin at 1.
struct Supply {
  std::atomic<std::uint64_t> asked = 0;     ///< how often
  std::atomic<std::uint64_t> first = 0;     ///< the first that is refused; 0: none
  std::atomic<std::uint64_t> for_good = 0;  ///< whether all that follow are, too
};

/// What the file holds.
struct Supplies {
  Supply memory;
  Supply threads;
};

std::atomic<Supplies*> supplies = nullptr;

bool is_refused(Supply Supplies::*kind) noexcept {
  Supplies* const all = supplies;
  if (all == nullptr) return false;
  Supply& supply = all->*kind;
  const std::uint64_t number = ++supply.asked;
  const std::uint64_t first = supply.first;
  if (first == 0) return false;
  return supply.for_good != 0 ? number >= first : number == first;
}

void open_supplies() {
  const char* const path = ::getenv("SNAPFS_TEST_SCARCE");
  if (path == nullptr) return;
  const int fd = ::open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* const shared = ::mmap(nullptr, sizeof(Supplies), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  // Programs that this one starts have enough.
  ::unsetenv("SNAPFS_TEST_SCARCE");
  ::unsetenv("LD_PRELOAD");
  if (shared != MAP_FAILED) supplies = static_cast<Supplies*>(shared);
}

using Main = int (*)(int, char**, char**);
Main real_main = nullptr;

int counted_main(int count, char** arguments, char** environment) {
  open_supplies();
  return real_main(count, arguments, environment);
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int __libc_start_main(Main main, int count, char** arguments, void (*begin)(), void (*end)(),
                      void (*end_loader)(), void* stack_end) {
  real_main = main;
  const auto start = next<decltype(&__libc_start_main)>("__libc_start_main");
  return start(counted_main, count, arguments, begin, end, end_loader, stack_end);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                   void* argument) noexcept {
  if (is_refused(&Supplies::threads)) return EAGAIN;
  static const auto real = next<decltype(&pthread_create)>("pthread_create");
  return real(thread, attributes, run, argument);
}

}  // extern "C"

namespace snapfs::test::replaced_new {

void* allocate(std::size_t size, std::align_val_t alignment) noexcept {
  return is_refused(&Supplies::memory) ? nullptr : malloc_aligned(size, alignment);
}

void release(void* memory) noexcept { std::free(memory); }

}  // namespace snapfs::test::replaced_new
