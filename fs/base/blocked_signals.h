// Signals are the main thread's business: threads are started with them blocked.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace snapfs {

/// While it lives, the calling thread gets no signals but those that report a fault of its own.
/// Threads started meanwhile inherit that, and keep it.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t blocked;
    ::sigfillset(&blocked);
    // A fault is reported to the thread that caused it, or not at all.
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) {
      ::sigdelset(&blocked, fault);
    }
    ::pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace snapfs
