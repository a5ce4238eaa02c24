#include "fs/restore/content_stream.h"

#include <exception>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/start_threads.h"
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
  std::vector<StoredBlob> wanted;
  std::unordered_map<Id, Content> contents;
  std::uint64_t bytes = 0;
};

ContentStream::ContentStream(Repository& repository, StopToken stop, const Limits& limits)
    : repository_(repository),
      stop_(std::move(stop)),
      limits_(limits),
      filling_(std::make_shared<Batch>()) {
  start_threads(threads_, limits_.threads, 1,
                [this](const std::stop_token& token) { work(token); });
}

ContentStream::~ContentStream() {
  {
    const std::lock_guard lock(mutex_);
    jobs_.clear();
    for (std::jthread& thread : threads_) thread.request_stop();
  }
  work_.notify_all();
}

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
    batch.wanted.push_back({handle, *place});
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
  std::vector<PackRun> runs = plan_runs(std::exchange(batch->wanted, {}));
  if (runs.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    for (PackRun& run : runs) jobs_.push_back({batch, std::move(run)});
  }
  work_.notify_all();
}

void ContentStream::write(Batch& batch) {
  for (Batch::Step& step : batch.steps) {
    throw_if_stopped(stop_);
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
  delivered_.wait(lock, [&] { return content.loaded; });
  if (content.error) std::rethrow_exception(content.error);
  if (--content.uses > 0) return content.plain;
  return std::exchange(content.plain, nullptr);
}

void ContentStream::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stop.stop_requested() || !jobs_.empty(); });
    if (stop.stop_requested()) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    load(job);
    lock.lock();
  }
}

/// The blob of the run, or another copy of it.
Bytes ContentStream::open(const PackRun& run, const StoredBlob& blob,
                          const std::optional<Bytes>& stored) {
  if (stored) {
    try {
      return repository_.open_blob(run, blob, *stored);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kDamaged) throw;
    }
  }
  return repository_.load_blob(blob.handle, stop_);
}

/// Every blob of the run is delivered, or what went wrong.
void ContentStream::load(const Job& job) {
  std::optional<Bytes> stored;
  try {
    stored = repository_.load_run(job.run, stop_);
  } catch (const std::exception&) {
    stored.reset();  // each blob may have another copy, and says so if not
  }
  for (const StoredBlob& blob : job.run.blobs) {
    std::shared_ptr<const Bytes> plain;
    std::exception_ptr error;
    try {
      plain = std::make_shared<const Bytes>(open(job.run, blob, stored));
    } catch (...) {
      error = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      Batch::Content& content = job.batch->contents.at(blob.handle.id);
      content.plain = std::move(plain);
      content.error = error;
      content.loaded = true;
    }
    delivered_.notify_one();
  }
}

}  // namespace snapfs
