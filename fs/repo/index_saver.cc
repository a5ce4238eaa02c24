#include "fs/repo/index_saver.h"

#include <utility>

#include "fs/repo/index_file.h"
#include "fs/repo/repository.h"

namespace snapfs {

IndexSaver::IndexSaver(Repository& repository, const Clock& clock)
    : repository_(repository), clock_(clock) {}

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
    if (blobs_ >= kFullBlobs || old) due = take();
  }
  save(due, std::move(stop));
}

void IndexSaver::flush(StopToken stop) {
  std::vector<PackDescription> rest;
  {
    const std::lock_guard lock(mutex_);
    rest = take();
  }
  save(rest, std::move(stop));
}

std::vector<PackDescription> IndexSaver::take() {
  blobs_ = 0;
  return std::exchange(packs_, {});
}

void IndexSaver::save(const std::vector<PackDescription>& packs, StopToken stop) {
  if (packs.empty()) return;
  repository_.save_file(FileKind::kIndex, as_bytes(encode_index(packs)), std::move(stop));
}

}  // namespace snapfs
