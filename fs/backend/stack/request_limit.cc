// Whoever finds no place free waits in the queue of his urgency. A request that ends gives its
// place to the first of the most urgent queue that is not empty, rather than free it, so that
// nobody who comes at that moment gets in between.
#include "fs/backend/stack/request_limit.h"

#include <algorithm>

namespace snapfs {

/// A request's place among those that are under way, while it lives.
class RequestLimitBackend::Place {
 public:
  Place(RequestLimitBackend& limit, FileKind kind, Urgency urgency, const StopToken& stop)
      : limit_(kind == FileKind::kLock ? nullptr : &limit) {
    if (limit_ != nullptr) limit_->enter(urgency, stop);
  }
  ~Place() {
    if (limit_ != nullptr) limit_->leave();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  RequestLimitBackend* limit_;  ///< null for locks
};

RequestLimitBackend::RequestLimitBackend(Backend& inner, unsigned most)
    : inner_(inner), free_(std::max(most, 1U)) {}

void RequestLimitBackend::enter(Urgency urgency, const StopToken& stop) {
  throw_if_stopped(stop);
  std::unique_lock lock(mutex_);
  if (free_ > 0) {
    --free_;
    return;
  }
  Queue& queue = queues_.at(static_cast<std::size_t>(urgency));
  Waiter waiter;
  const auto position = queue.insert(queue.end(), &waiter);
  if (waiter.called.wait(lock, stop, [&waiter] { return waiter.let_through; })) return;
  queue.erase(position);
  throw cancelled_error();
}

void RequestLimitBackend::leave() noexcept {
  const std::lock_guard lock(mutex_);
  for (Queue& queue : queues_) {
    if (queue.empty()) continue;
    Waiter& next = *queue.front();
    queue.pop_front();
    next.let_through = true;
    next.called.notify_one();
    return;
  }
  ++free_;
}

std::size_t RequestLimitBackend::waiting() const {
  const std::lock_guard lock(mutex_);
  std::size_t number = 0;
  for (const Queue& queue : queues_) number += queue.size();
  return number;
}

void RequestLimitBackend::create(const StopToken& stop) {
  const Place place(*this, FileKind::kConfig, Urgency::kForeground, stop);
  inner_.create(stop);
}

void RequestLimitBackend::save(const FileKey& key, ByteView bytes, Content content,
                               const StopToken& stop) {
  const Place place(*this, key.kind, Urgency::kForeground, stop);
  inner_.save(key, bytes, content, stop);
}

Bytes RequestLimitBackend::load(const FileKey& key, std::optional<ByteRange> range,
                                LoadPurpose purpose, const StopToken& stop) {
  const Place place(*this, key.kind, purpose.urgency, stop);
  return inner_.load(key, range, purpose, stop);
}

std::optional<std::uint64_t> RequestLimitBackend::size(const FileKey& key, const StopToken& stop) {
  const Place place(*this, key.kind, Urgency::kForeground, stop);
  return inner_.size(key, stop);
}

std::vector<FileInfo> RequestLimitBackend::list(FileKind kind, const StopToken& stop) {
  const Place place(*this, kind, Urgency::kForeground, stop);
  return inner_.list(kind, stop);
}

void RequestLimitBackend::remove(const FileKey& key, const StopToken& stop) {
  const Place place(*this, key.kind, Urgency::kForeground, stop);
  inner_.remove(key, stop);
}

}  // namespace snapfs
