#include "fs/base/timer.h"

#include <condition_variable>
#include <mutex>

namespace snapfs {
namespace {

class SteadyTimer final : public Timer {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }

  bool wait_until(TimePoint time, const StopToken& stop) override {
    std::unique_lock lock(mutex_);
    never_.wait_until(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any never_;  ///< made once, early: its making takes memory
};

SteadyTimer the_steady_timer;

}  // namespace

Timer& steady_timer() { return the_steady_timer; }

}  // namespace snapfs
