// Reading goes through, writing ends here.
#include "fs/backend/dry_run.h"

#include <utility>

namespace snapfs {

void DryRunBackend::create(StopToken stop) { throw_if_stopped(stop); }

void DryRunBackend::save(const FileKey& /*key*/, ByteView /*bytes*/, StopToken stop) {
  throw_if_stopped(stop);
}

Bytes DryRunBackend::load(const FileKey& key, std::optional<ByteRange> range, StopToken stop) {
  return stored_.load(key, range, std::move(stop));
}

std::optional<std::uint64_t> DryRunBackend::size(const FileKey& key, StopToken stop) {
  return stored_.size(key, std::move(stop));
}

void DryRunBackend::list(FileKind kind, const std::function<void(const FileInfo&)>& visit,
                         StopToken stop) {
  stored_.list(kind, visit, std::move(stop));
}

void DryRunBackend::remove(const FileKey& /*key*/, StopToken stop) { throw_if_stopped(stop); }

}  // namespace snapfs
