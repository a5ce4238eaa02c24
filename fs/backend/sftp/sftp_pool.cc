// The first connection is made by one caller while all others wait for it, so that a password is
// asked for once, and a server that lets nobody in says so once: they fail with what that one did.
// Further ones are made by whoever finds all others busy. When that fails, the pool makes do with
// those that it has for some minutes: the server may want no more of them, or be out of reach for a
// moment. One that wants to be asked for a password again, which only the first one may, is left in
// peace until a first one is made again: servers lock out who fails too often.
#include "fs/backend/sftp/sftp_pool.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace snapfs {
namespace {

/// So many calls keep a connection busy: another one, if there may be more, is worth the wait.
constexpr unsigned kBusy = 4;

constexpr std::chrono::minutes kMakeDo(5);

}  // namespace

SftpPool::SftpPool(SftpStart start, unsigned most, Timer& timer)
    : start_(std::move(start)), most_(std::max(most, 1U)), timer_(timer) {}

SftpPool::~SftpPool() {
  for (const Connection& connection : connections_) connection->begin_end();
}

/// Null when there is none that works; those that do not are moved away, since their end takes
/// time.
SftpPool::Connection SftpPool::find_idlest(std::vector<Connection>& broken) {
  const auto first = std::partition(connections_.begin(), connections_.end(),
                                    [](const Connection& one) { return !one->is_broken(); });
  std::move(first, connections_.end(), std::back_inserter(broken));
  connections_.erase(first, connections_.end());
  const auto found = std::ranges::min_element(connections_, {},
                                              [](const Connection& one) { return one->calls(); });
  return found == connections_.end() ? nullptr : *found;
}

SftpCall SftpPool::begin_call(const StopToken& stop) {
  throw_if_stopped(stop);
  std::vector<Connection> broken;  // goes after the lock
  std::unique_lock lock(mutex_);
  for (;;) {
    const Connection idlest = find_idlest(broken);
    if (idlest) {
      if (idlest->calls() < kBusy || !may_make_more()) return {idlest, stop};
      try {
        return {make(false, lock, stop), stop};
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kCancelled) throw;
        make_do(error);
        continue;
      }
    }
    if (!is_making_first_) return {make(true, lock, stop), stop};
    const std::uint64_t failures = failures_;
    ++waiting_;
    const bool is_over = changed_.wait(lock, stop, [this] { return !is_making_first_; });
    --waiting_;
    if (!is_over) throw cancelled_error();
    if (failures_ != failures) throw Error(*last_failure_);
  }
}

bool SftpPool::may_make_more() const {
  return connections_.size() + being_made_ < most_ && timer_.now() >= more_from_;
}

void SftpPool::make_do(const Error& failure) {
  more_from_ = failure.code() == ErrorCode::kWrongCredentials ? Timer::TimePoint::max()
                                                              : timer_.now() + kMakeDo;
}

unsigned SftpPool::waiting() {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

/// Without the lock, while it is made.
SftpPool::Connection SftpPool::make(bool is_first, std::unique_lock<std::mutex>& lock,
                                    const StopToken& stop) {
  SftpStart start = start_;
  start.may_ask = is_first;
  ++being_made_;
  if (is_first) is_making_first_ = true;
  lock.unlock();
  Connection made;
  std::optional<Error> failure;
  try {
    made = std::make_shared<SftpConnection>(start, stop);
  } catch (...) {
    failure = current_error();
  }
  lock.lock();
  --being_made_;
  if (made) connections_.push_back(made);
  if (is_first) {
    is_making_first_ = false;
    if (made) more_from_ = Timer::TimePoint::min();
    // What was right when it began is not wrong by itself: it is the network that has changed.
    if (failure && has_connected_ && failure->code() == ErrorCode::kUsage) {
      failure = Error(ErrorCode::kUnavailable, failure->what());
    }
    has_connected_ = has_connected_ || made != nullptr;
    // Whoever was stopped failed for himself alone.
    if (failure && !stop.stop_requested()) {
      ++failures_;
      last_failure_ = failure;
    }
    changed_.notify_all();
  }
  if (failure) throw Error(*failure);
  return made;
}

}  // namespace snapfs
