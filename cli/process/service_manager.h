// The manager of services that started us, if one did: systemd, by the protocol of sd_notify(3),
// which needs no library.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "fs/base/stop_token.h"

namespace snapfs {

/// Reads what the manager says in our environment, and takes it away from there: a program of ours
/// must not speak for us. To be made once, before other threads read the environment.
class ServiceManager {
 public:
  ServiceManager();

  /// Says "READY=1", "STATUS=…" and the like, one assignment a line. Does nothing when nobody
  /// listens. Thread-safe.
  void tell(std::string_view state) const noexcept;

  /// How often at least it wants to hear that we live; nothing: it does not ask.
  std::optional<std::chrono::microseconds> patience() const noexcept { return patience_; }

 private:
  std::string socket_;  ///< a path, or an abstract name after '@'; empty: nobody listens
  std::optional<std::chrono::microseconds> patience_;
};

/// Tells the manager, while it lives, that we live, twice as often as it asks. A resource.
class Heartbeat {
 public:
  /// `prove` is called before each beat: it returns when all is well, and hangs when it is not.
  /// `manager` must outlive this.
  Heartbeat(const ServiceManager& manager, std::function<void()> prove);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

 private:
  StopSource stop_;
  std::thread thread_;
};

}  // namespace snapfs
