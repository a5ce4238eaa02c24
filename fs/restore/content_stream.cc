// While one batch is written, the fetcher loads and opens the next one.
#include "fs/restore/content_stream.h"

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/repo/repository.h"

namespace snapfs {

/// A stretch of the stream.
struct ContentStream::Batch {
  struct Step {
    std::function<void()> action;  ///< empty for a blob
    Id blob;
    std::function<void(ByteView)> receive;
  };
  struct Content {
    std::size_t uses = 0;  ///< that are still to come
    bool loaded = false;
    std::shared_ptr<const Bytes> plain;
    std::exception_ptr error;
  };

  std::vector<Step> steps;
  std::vector<WantedBlob> wanted;
  std::unordered_map<Id, Content> contents;
  std::uint64_t bytes = 0;
};

ContentStream::ContentStream(Fetcher& fetcher, const StopToken& stop, const Limits& limits)
    : repository_(fetcher.repository()),
      limits_(limits),
      filling_(std::make_shared<Batch>()),
      feed_(fetcher, *this, Urgency::kAhead, stop) {}

void ContentStream::add_action(std::function<void()> action, std::size_t held_bytes) {
  filling_->steps.push_back({std::move(action), {}, {}});
  filling_->bytes += held_bytes;
  end_batch_if_full();
}

void ContentStream::add_blob(const Id& blob, std::function<void(ByteView)> receive) {
  const BlobHandle handle{BlobType::kData, blob};
  const auto place = repository_.index().find_any(handle);
  if (!place) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("data blob {} is in no index: \"snapfs check\" says what else is "
                            "missing",
                            blob.hex()),
                blob.hex());
  }
  Batch& batch = *filling_;
  batch.steps.push_back({{}, blob, std::move(receive)});
  if (batch.contents[blob].uses++ == 0) {
    batch.wanted.push_back({handle, 0, place});
    batch.bytes += place->plaintext_length();
  }
  end_batch_if_full();
}

void ContentStream::end_batch_if_full() {
  const Batch& batch = *filling_;
  if (batch.bytes >= limits_.batch_bytes || batch.steps.size() >= limits_.batch_steps) end_batch();
}

void ContentStream::finish() {
  end_batch();
  end_batch();
}

/// Starts loading what was gathered, and writes what was loaded meanwhile.
void ContentStream::end_batch() {
  start_loading(filling_);
  const auto done = std::exchange(loading_, std::exchange(filling_, std::make_shared<Batch>()));
  if (done) write(*done);
}

void ContentStream::start_loading(const std::shared_ptr<Batch>& batch) {
  if (batch->wanted.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    starting_.push_back(batch);
  }
  feed_.more();
}

void ContentStream::next(std::vector<WantedBlob>& batch) {
  const std::lock_guard lock(mutex_);
  if (starting_.empty()) return;
  batch = std::exchange(starting_.front()->wanted, {});
  for (WantedBlob& wanted : batch) {
    wanted.tag = ++last_tag_;
    flying_.emplace(wanted.tag, starting_.front());
  }
  starting_.pop_front();
}

void ContentStream::write(Batch& batch) {
  for (Batch::Step& step : batch.steps) {
    throw_if_stopped(feed_.stop());
    if (step.action) {
      step.action();
    } else {
      step.receive(*wait_for(batch, step.blob));
    }
  }
}

std::shared_ptr<const Bytes> ContentStream::wait_for(Batch& batch, const Id& blob) {
  std::unique_lock lock(mutex_);
  Batch::Content& content = batch.contents.at(blob);
  while (!content.loaded && !failure_) {
    lock.unlock();
    const bool helped = feed_.help();
    lock.lock();
    if (!helped && !content.loaded && !failure_) delivered_.wait(lock);
  }
  if (!content.loaded) std::rethrow_exception(failure_);
  if (content.error) std::rethrow_exception(content.error);
  if (--content.uses > 0) return content.plain;
  return std::exchange(content.plain, nullptr);
}

void ContentStream::take(const FetchedBlob& blob) {
  std::shared_ptr<const Bytes> plain;
  std::exception_ptr error;
  try {
    plain = std::make_shared<const Bytes>(blob.open());
  } catch (...) {
    error = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  const std::shared_ptr<Batch> batch = flying_.extract(blob.tag()).mapped();
  Batch::Content& content = batch->contents.at(blob.handle().id);
  content.plain = std::move(plain);
  content.error = error;
  content.loaded = true;
  delivered_.notify_one();
}

void ContentStream::failed(const std::exception_ptr& failure) noexcept {
  const std::lock_guard lock(mutex_);
  failure_ = failure;
  delivered_.notify_one();
}

}  // namespace snapfs
