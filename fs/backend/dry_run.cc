// Reading goes through, writing ends here.
#include "fs/backend/dry_run.h"

#include <utility>

namespace snapfs {

void DryRunBackend::create(const StopToken& stop) { throw_if_stopped(stop); }

void DryRunBackend::save(const FileKey& /*key*/, ByteView /*bytes*/, Content /*content*/,
                         const StopToken& stop) {
  throw_if_stopped(stop);
}

Bytes DryRunBackend::load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
                          const StopToken& stop) {
  return stored_.load(key, range, purpose, stop);
}

std::optional<std::uint64_t> DryRunBackend::size(const FileKey& key, const StopToken& stop) {
  return stored_.size(key, stop);
}

std::vector<FileInfo> DryRunBackend::list(FileKind kind, const StopToken& stop) {
  return stored_.list(kind, stop);
}

void DryRunBackend::remove(const FileKey& /*key*/, const StopToken& stop) {
  throw_if_stopped(stop);
}

}  // namespace snapfs
