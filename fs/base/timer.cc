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
  std::condition_variable_any never_;  ///< made once: its making can fail for lack of memory
};

}  // namespace

Timer& steady_timer() {
  static SteadyTimer timer;
  return timer;
}

}  // namespace snapfs
