// Starting fibers where the caller runs, and getting them all back.
#include "tests/support/fiber_executor.h"

#include <cstddef>
#include <utility>
#include <vector>

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/protected_fixedsize_stack.hpp>

namespace snapfs::test {
namespace {

class FiberWorkers final : public Workers {
 public:
  FiberWorkers(Tomb& tomb, const WorkerPoolOptions& options, WorkerBody body)
      : tomb_(tomb), body_(std::move(body)) {
    for (std::size_t i = 0; i < options.bodies(); ++i) {
      fibers_.emplace_back(boost::fibers::launch::post, std::allocator_arg,
                           boost::fibers::protected_fixedsize_stack(options.stack_bytes),
                           [this, i] { tomb_.run([&] { body_(i); }); });
    }
  }

  ~FiberWorkers() override {
    if (fibers_.empty()) return;
    tomb_.cancel();
    FiberWorkers::join();
  }

  void join() noexcept override {
    for (boost::fibers::fiber& fiber : fibers_) fiber.join();
    fibers_.clear();
  }

 private:
  Tomb& tomb_;
  const WorkerBody body_;
  std::vector<boost::fibers::fiber> fibers_;
};

}  // namespace

std::unique_ptr<Workers> FiberExecutor::start(Tomb& tomb, const WorkerPoolOptions& options,
                                              WorkerBody body) const {
  return std::make_unique<FiberWorkers>(tomb, options, std::move(body));
}

}  // namespace snapfs::test
