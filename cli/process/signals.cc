#include "cli/process/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "cli/process/exit_code.h"

namespace snapfs {
namespace {

// SIGUSR2 only ever comes from our own destructor, to end the thread.
constexpr int kWake = SIGUSR2;

sigset_t handled_signals() noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGXCPU, SIGUSR1, kWake}) ::sigaddset(&set, signal);
  return set;
}

using Clock = std::chrono::steady_clock;

/// As sigwaitinfo(2); -1 at that time, too.
int wait_until(Clock::time_point time, const sigset_t& set, siginfo_t& info) noexcept {
  const auto left = std::max(time - Clock::now(), Clock::duration(0));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  const timespec wait{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
  return ::sigtimedwait(&set, &info, &wait);
}

}  // namespace

Signals::Signals(std::chrono::milliseconds burst, std::chrono::milliseconds patience)
    : burst_(burst), patience_(patience) {
  const sigset_t set = handled_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { wait_for_signals(); });
}

Signals::~Signals() {
  ::pthread_kill(thread_.native_handle(), kWake);
  thread_.join();
  const sigset_t set = handled_signals();
  // The rest of a burst must not end the process, after all, once nobody waits for it.
  constexpr timespec kNow{};
  while (::sigtimedwait(&set, nullptr, &kNow) > 0) {
  }
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Signals::stop_because(const std::string& reason) {
  stop_because(Error(ErrorCode::kCancelled, reason));
}

void Signals::stop_because(Error failure) {
  {
    const auto current = failure_.lock();
    if (!*current) *current = std::move(failure);
  }
  source_.request_stop();
}

void Signals::wait_for_signals() {
  const sigset_t set = handled_signals();
  std::optional<Clock::time_point> interrupted;
  while (true) {
    siginfo_t info{};
    const bool is_urgent = interrupted && !last_call_.stop_requested();
    const int signal =
        is_urgent ? wait_until(*interrupted + patience_, set, info) : ::sigwaitinfo(&set, &info);
    if (is_urgent && Clock::now() >= *interrupted + patience_) last_call_.request_stop();
    if (signal < 0) continue;
    if (signal == kWake) {
      if (info.si_pid == ::getpid()) return;
      continue;
    }
    if (signal == SIGUSR1) {
      const auto report = report_.lock();
      if (*report) (*report)();
      continue;
    }
    if (signal == SIGXCPU) {
      // It comes anew every second; what ends the process is the hard limit.
      stop_because("the processor time that the process may use is used up (\"ulimit -t\")");
      continue;
    }
    if (!interrupted) {
      interrupted = Clock::now();
      source_.request_stop();
    } else if (Clock::now() - *interrupted >= burst_) {
      ::_exit(static_cast<int>(ExitCode::kInterrupted));
    }
  }
}

void protect_locks_from_signals() noexcept {
  ::signal(SIGHUP, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace snapfs
