// A job is known to its caller, who waits for it, and to the thread, which finds new ones in
// `joining_` and keeps them in `active_` until they end. A caller that is asked to stop only marks
// his job, wakes the thread and goes on waiting, for as long as the thread may still touch what is
// his. With nothing to move the thread sleeps on a condition variable, otherwise in
// curl_multi_poll(), which every caller can end.
#include "fs/backend/http/curl_loop.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "fs/backend/http/curl_library.h"
#include "fs/base/blocked_signals.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestSleep = std::chrono::hours(1);

/// The same while bytes wait for the rate limit: how often a timer is looked at that is not the
/// system's, which libcurl sleeps by.
constexpr milliseconds kLongestPacedSleep{50};

void require(CURLMcode code) {
  if (code == CURLM_OK) return;
  throw Error(code == CURLM_OUT_OF_MEMORY ? ErrorCode::kOutOfResources : ErrorCode::kInternal,
              fmt::format("libcurl cannot go on: {}", libcurl().multi_strerror(code)));
}

}  // namespace

struct CurlLoop::Job {
  CurlTransfer& transfer;
  std::condition_variable_any changed = {};
  std::atomic<bool> is_unwanted = false;
  bool is_over = false;
};

CurlLoop::CurlLoop(unsigned kept_connections, Timer& timer) : timer_(timer) {
  multi_.reset(libcurl().multi_init());
  if (!multi_) throw Error(ErrorCode::kOutOfResources, "out of memory");
  require(libcurl().multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                                 static_cast<long>(std::max(kept_connections, 1U))));
}

CurlLoop::~CurlLoop() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
    wake();
  }
  if (thread_.joinable()) thread_.join();
  std::unique_lock lock(mutex_);
  left_.wait(lock, [this] { return callers_ == 0; });
}

void CurlLoop::wake() noexcept {
  woken_.notify_all();
  (void)libcurl().multi_wakeup(multi_.get());
}

/// With the mutex held.
void CurlLoop::start() {
  if (is_closing_) throw cancelled_error();
  if (thread_.joinable()) return;
  const BlockedSignals blocked;
  try {
    thread_ = std::jthread([this] { work(); });
  } catch (const std::exception&) {
    throw current_error();
  }
  ::pthread_setname_np(thread_.native_handle(), "http");
}

CurlLoop::Visit::Visit(CurlLoop& loop) : loop_(loop) {
  const std::lock_guard lock(loop_.mutex_);
  loop_.start();
  ++loop_.callers_;
}

CurlLoop::Visit::~Visit() {
  const std::lock_guard lock(loop_.mutex_);
  if (--loop_.callers_ == 0) loop_.left_.notify_all();
}

HttpResponse CurlLoop::run(CurlTransfer& transfer, const StopToken& stop) {
  throw_if_stopped(stop);
  Job job{transfer};
  set_option(transfer.easy(), CURLOPT_PRIVATE, &job);
  std::unique_lock lock(mutex_);
  if (is_closing_) throw cancelled_error();  // nobody would take it in
  joining_.push_back(&job);
  wake();
  const auto is_over = [&job] { return job.is_over; };
  if (!job.changed.wait(lock, stop, is_over)) {
    job.is_unwanted = true;
    wake();
    job.changed.wait(lock, is_over);
    throw cancelled_error();
  }
  lock.unlock();
  return transfer.response();
}

void CurlLoop::work() noexcept {
  for (;;) {
    try {
      if (!take_jobs()) break;
      move_bytes();
    } catch (...) {
      finish_all(std::current_exception());
    }
  }
  finish_all(std::make_exception_ptr(cancelled_error()));
}

/// Waits until there is a job, and takes in those that are new. Returns false when all is to end.
bool CurlLoop::take_jobs() {
  std::unique_lock lock(mutex_);
  woken_.wait(lock, [this] { return is_closing_ || !active_.empty() || !joining_.empty(); });
  if (is_closing_) return false;
  active_.reserve(active_.size() + joining_.size());
  while (!joining_.empty()) {
    Job* const job = joining_.back();
    require(libcurl().multi_add_handle(multi_.get(), job->transfer.easy()));
    active_.push_back(job);
    joining_.pop_back();
  }
  return true;
}

/// One round: whatever can move without waiting, then a sleep until something else can.
void CurlLoop::move_bytes() {
  CURLM* const multi = multi_.get();
  const Timer::TimePoint now = timer_.now();
  finish_if([now](Job& job) {
    if (job.is_unwanted) return true;
    const CURLcode code = job.transfer.go_on(now);
    if (code != CURLE_OK) job.transfer.end(code);
    return code != CURLE_OK;
  });
  int number = 0;
  require(libcurl().multi_perform(multi, &number));
  while (const CURLMsg* const message = libcurl().multi_info_read(multi, &number)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* job = nullptr;
    libcurl().easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
    finish(*reinterpret_cast<Job*>(job), message->data.result);
  }
  finish_if([later = timer_.now()](Job& job) {
    if (!job.transfer.is_late(later)) return false;
    job.transfer.end(CURLE_OPERATION_TIMEDOUT);
    return true;
  });
  if (!active_.empty()) {
    require(libcurl().multi_poll(multi, nullptr, 0, milliseconds_to_sleep(), nullptr));
  }
}

int CurlLoop::milliseconds_to_sleep() const {
  const Timer::TimePoint now = timer_.now();
  milliseconds sleep = kLongestSleep;
  for (const Job* const job : active_) {
    if (job->transfer.is_held_back()) sleep = std::min(sleep, kLongestPacedSleep);
    const Timer::TimePoint next = job->transfer.next_time();
    if (next < now + sleep) {
      sleep = std::max(std::chrono::ceil<milliseconds>(next - now), milliseconds(0));
    }
  }
  return static_cast<int>(sleep.count());
}

template <class Predicate>
void CurlLoop::finish_if(const Predicate& is_to_end) noexcept {
  for (std::size_t i = 0; i < active_.size();) {
    Job& job = *active_[i];
    if (is_to_end(job)) {
      finish(job);
    } else {
      ++i;
    }
  }
}

void CurlLoop::finish(Job& job, CURLcode code) noexcept {
  job.transfer.end(code);
  finish(job);
}

/// The job is its caller's again, who may be gone with it at once.
void CurlLoop::finish(Job& job) noexcept {
  (void)libcurl().multi_remove_handle(multi_.get(), job.transfer.easy());
  std::erase(active_, &job);
  const std::lock_guard lock(mutex_);
  job.is_over = true;
  job.changed.notify_all();
}

void CurlLoop::finish_all(const std::exception_ptr& reason) noexcept {
  finish_if([&reason](Job& job) {
    job.transfer.end(reason);
    return true;
  });
  const std::lock_guard lock(mutex_);
  for (Job* const job : joining_) {
    job->transfer.end(reason);
    job->is_over = true;
    job->changed.notify_all();
  }
  joining_.clear();
}

}  // namespace snapfs
