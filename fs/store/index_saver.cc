#include "fs/store/index_saver.h"

#include <exception>
#include <utility>

#include "fs/format/index_file.h"
#include "fs/repo/repository.h"

namespace snapfs {

Id save_index(Repository& repository, std::span<const PackDescription> packs, StopToken stop) {
  const auto write = [packs](const ByteSink& out) { write_index(packs, out); };
  return repository.save_file(FileKind::kIndex, write, std::move(stop));
}

IndexSaver::IndexSaver(Repository& repository, const Clock& clock,
                       std::function<void()> before_save)
    : repository_(repository), clock_(clock), before_save_(std::move(before_save)) {}

void IndexSaver::add(PackDescription pack, StopToken stop) {
  std::vector<PackDescription> due;
  {
    const std::lock_guard lock(mutex_);
    const Timestamp now = clock_.now();
    if (packs_.empty()) oldest_ = now;
    blobs_ += pack.entries.size();
    repository_.index().add_packs({pack});
    packs_.push_back(std::move(pack));
    const bool old = now.seconds - oldest_.seconds >= std::chrono::seconds(kFullAge).count();
    if (blobs_ < kFullBlobs && !old) return;
    due = take();
  }
  save(std::move(due), std::move(stop));
}

void IndexSaver::flush(StopToken stop) {
  std::vector<PackDescription> rest;
  {
    std::unique_lock lock(mutex_);
    saved_.wait(lock, [this] { return saving_ == 0; });
    rest = take();
  }
  save(std::move(rest), std::move(stop));
}

std::vector<PackDescription> IndexSaver::take() {
  ++saving_;
  blobs_ = 0;
  return std::exchange(packs_, {});
}

/// Without the mutex: whoever saves may take long. What could not be saved waits for the next time.
void IndexSaver::save(std::vector<PackDescription> packs, StopToken stop) {
  std::exception_ptr failure;
  try {
    if (!packs.empty()) {
      if (before_save_) before_save_();
      save_index(repository_, packs, std::move(stop));
    }
  } catch (...) {
    failure = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    --saving_;
    if (failure) {
      for (PackDescription& pack : packs) {
        blobs_ += pack.entries.size();
        packs_.push_back(std::move(pack));
      }
    }
  }
  saved_.notify_all();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace snapfs
