// A Boost.Fiber scheduler that draws lots. The dispatcher takes part in the lottery like any fiber,
// because it is the one that reaps ended fibers.
#include "tests/support/seeded_fibers.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <utility>

#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/protected_fixedsize_stack.hpp>

namespace snapfs::test {
namespace {

using boost::fibers::context;

constexpr std::size_t kStackBytes = 1 << 20;
constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

class Lottery final : public boost::fibers::algo::algorithm {
 public:
  explicit Lottery(std::uint64_t seed) : random_(seed) {}

  void awakened(context* fiber) noexcept override {
    if (fiber == parking_) {
      parked_ = fiber;
    } else {
      ready_.push_back(fiber);
    }
  }

  context* pick_next() noexcept override {
    if (parked_ != nullptr && steps_ >= parked_until_) {
      parking_ = nullptr;
      return std::exchange(parked_, nullptr);
    }
    if (ready_.empty()) return nullptr;
    const std::size_t drawn = random_() % ready_.size();
    context* const fiber = ready_[drawn];
    ready_[drawn] = ready_.back();
    ready_.pop_back();
    if (!fiber->is_context(boost::fibers::type::dispatcher_context)) {
      ++steps_;
      trace_ = (trace_ ^ (drawn + 1)) * 1099511628211ULL;
    }
    return fiber;
  }

  bool has_ready_fibers() const noexcept override { return !ready_.empty(); }

  // The dispatcher found nothing to run, and there is no other thread and no timer to wait for.
  void suspend_until(const std::chrono::steady_clock::time_point&) noexcept override {
    deadlocked_ = true;
    if (parked_ == nullptr) {
      std::fprintf(stderr, "deadlock after %zu switches: no fiber can go on\n", steps_);
      std::abort();
    }
    parked_until_ = 0;
  }

  void notify() noexcept override {}

  // Takes the running fiber out of the lottery until `step`.
  void park_until(std::size_t step) {
    parking_ = context::active();
    parked_until_ = step;
    boost::this_fiber::yield();
  }

  // Lets the parked fiber go at once.
  void release_parked() { parked_until_ = 0; }

  std::size_t steps() const { return steps_; }
  std::uint64_t trace() const { return trace_; }
  bool deadlocked() const { return deadlocked_; }

 private:
  std::mt19937_64 random_;
  std::vector<context*> ready_;
  context* parking_ = nullptr;
  context* parked_ = nullptr;
  std::size_t parked_until_ = kNever;
  std::size_t steps_ = 0;
  std::uint64_t trace_ = 14695981039346656037ULL;
  bool deadlocked_ = false;
};

}  // namespace

void SeededFibers::at_step(std::size_t step, std::function<void()> action) {
  action_step_ = step;
  action_ = std::move(action);
}

void SeededFibers::when_stuck(std::function<void()> action) { at_step(kNever, std::move(action)); }

// A thread of its own, because a thread's scheduler is set once and for all.
void SeededFibers::run() { std::thread(&SeededFibers::run_here, this).join(); }

void SeededFibers::run_here() {
  const boost::intrusive_ptr<Lottery> lottery(new Lottery(seed_));
  boost::fibers::context::active()->get_scheduler()->set_algo(lottery);
  bool all_ended = false;
  boost::fibers::fiber actor;
  if (action_) {
    actor = boost::fibers::fiber(boost::fibers::launch::dispatch, std::allocator_arg,
                                 boost::fibers::protected_fixedsize_stack(kStackBytes), [&] {
                                   lottery->park_until(action_step_);
                                   if (!all_ended) action_();
                                 });
  }
  std::vector<boost::fibers::fiber> fibers;
  for (std::function<void()>& body : bodies_) {
    fibers.emplace_back(boost::fibers::launch::post, std::allocator_arg,
                        boost::fibers::protected_fixedsize_stack(kStackBytes), std::move(body));
  }
  for (boost::fibers::fiber& fiber : fibers) fiber.join();
  all_ended = true;
  steps_ = lottery->steps();
  trace_ = lottery->trace();
  deadlocked_ = lottery->deadlocked();
  if (actor.joinable()) {
    lottery->release_parked();
    actor.join();
  }
}

void yield_fiber() { boost::this_fiber::yield(); }

}  // namespace snapfs::test
