#include "archiver/task/worker_pool.h"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/protected_fixedsize_stack.hpp>

#include "archiver/task/waiter.h"
#include "fs/base/blocked_signals.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr std::size_t kThreadNameBytes = 15;

// The fibers of one thread, joined whatever happens: Boost ends the program when a fiber is
// destroyed unjoined.
class FiberGroup {
 public:
  FiberGroup() = default;
  FiberGroup(const FiberGroup&) = delete;
  FiberGroup& operator=(const FiberGroup&) = delete;

  template <class Body>
  void start(std::size_t stack_bytes, Body body) {
    // launch::post: it runs when the thread's main context waits in `join`, not yet.
    fibers_.emplace_back(boost::fibers::launch::post, std::allocator_arg,
                         boost::fibers::protected_fixedsize_stack(stack_bytes), std::move(body));
  }
  void join() {
    for (boost::fibers::fiber& fiber : fibers_) fiber.join();
  }

 private:
  std::vector<boost::fibers::fiber> fibers_;
};

}  // namespace

WorkerPool::WorkerPool(Tomb& tomb, const WorkerPoolOptions& options, WorkerBody body)
    : tomb_(tomb), options_(options), body_(std::move(body)) {
  std::exception_ptr error;
  try {
    const BlockedSignals blocked;
    const std::size_t count = std::max<std::size_t>(options_.threads, 1);
    threads_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this, i] { run_thread(i); });
  } catch (const std::system_error& failed) {
    error = std::make_exception_ptr(
        Error(code_from_errno(failed.code().value()),
              "cannot start thread '" + options_.name + "': " + failed.code().message() +
                  "; raise the limit on processes (ulimit -u) or ask for fewer threads"));
  } catch (...) {
    error = std::current_exception();
  }
  started_.count_down();
  if (!threads_.empty()) return;
  tomb_.kill(error);
  std::rethrow_exception(std::move(error));
}

WorkerPool::~WorkerPool() {
  const bool joined =
      std::none_of(threads_.begin(), threads_.end(), [](const auto& t) { return t.joinable(); });
  if (joined) return;
  tomb_.cancel();
  join();
}

void WorkerPool::join() noexcept {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::run_thread(std::size_t index) {
  pthread_setname_np(pthread_self(), options_.name.substr(0, kThreadNameBytes).c_str());
  const std::size_t groups = std::max<std::size_t>(options_.threads, 1);
  const std::size_t count = std::max<std::size_t>(options_.fibers_per_thread, 1);
  started_.wait();
  const std::size_t threads = threads_.size();
  FiberGroup fibers;
  bool started = false;
  // Boost's default scheduler is round_robin: fibers stay here, and the thread sleeps when idle.
  const bool complete = tomb_.run([&] {
    for (std::size_t group = index; group < groups; group += threads) {
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t worker = group * count + i;
        fibers.start(options_.stack_bytes, [this, worker, &started] {
          if (started) tomb_.run([&] { body_(worker); });
        });
      }
    }
  });
  started = complete;
  fibers.join();
  settle_wakes();
}

}  // namespace snapfs
