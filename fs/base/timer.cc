#include "fs/base/timer.h"

#include <condition_variable>
#include <mutex>

namespace snapfs {
namespace {

class SteadyTimer final : public Timer {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }

  bool wait_until(TimePoint time, const StopToken& stop) override {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_until(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
  }
};

}  // namespace

Timer& steady_timer() {
  static SteadyTimer timer;
  return timer;
}

}  // namespace snapfs
