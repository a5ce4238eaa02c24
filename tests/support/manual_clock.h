// A clock that stands still until it is moved. Only a header, so that any test can include it.
#pragma once

#include <chrono>

#include "fs/base/synchronized.h"
#include "fs/time/clock.h"

namespace snapfs::test {

/// Thread-safe. Starts at 2026-11-22 23:37:41 UTC.
class ManualClock final : public Clock {
 public:
  Timestamp now() const override { return *now_.lock(); }

  /// By a negative duration: back.
  void advance(std::chrono::milliseconds by) {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    const auto now = now_.lock();
    const milliseconds since =
        seconds(now->seconds) + milliseconds(now->nanoseconds / 1'000'000) + by;
    const auto whole = std::chrono::floor<seconds>(since);
    const auto rest = static_cast<std::int32_t>((since - whole).count());
    *now = {whole.count(), rest * 1'000'000 + now->nanoseconds % 1'000'000};
  }

 private:
  Synchronized<Timestamp> now_{Timestamp{1'795'390'661, 0}};
};

}  // namespace snapfs::test
