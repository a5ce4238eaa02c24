#include "fs/store/pack_uploader.h"

#include <utility>

#include "fs/base/start_threads.h"

namespace snapfs {

PackUploader::PackUploader(PackSink& stored, unsigned threads)
    : stored_(stored), most_(std::size_t{2} * threads) {
  start_threads(threads_, threads, 1, [this] { run(); });
}

PackUploader::~PackUploader() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  waiting_.clear();
  changed_.notify_all();
}

void PackUploader::throw_failure(const StopToken& stop) const {
  if (failure_) std::rethrow_exception(failure_);
  throw_if_stopped(stop);
}

void PackUploader::submit(FinishedPack pack, StopToken stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [this] { return failure_ || under_way_ < most_; });
  throw_failure(stop);
  waiting_.push_back({std::move(pack), std::move(stop)});
  ++under_way_;
  changed_.notify_all();
}

void PackUploader::finish(StopToken stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [this] { return failure_ || under_way_ == 0; });
  throw_failure(stop);
}

void PackUploader::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    std::exception_ptr failure = failure_;
    if (!failure) {
      lock.unlock();
      try {
        stored_.submit(std::move(next.pack), next.stop);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
    }
    if (!failure_) failure_ = failure;
    --under_way_;
    changed_.notify_all();
  }
}

}  // namespace snapfs
