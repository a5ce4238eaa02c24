#include "fs/backend/memory.h"

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

[[noreturn]] void throw_missing(const FileKey& key) {
  throw Error(ErrorCode::kNotFound, fmt::format("{} does not exist", describe(key)), key.id.hex());
}

}  // namespace

void MemoryBackend::create(const StopToken& stop) { throw_if_stopped(stop); }

void MemoryBackend::save(const FileKey& key, ByteView bytes, Content /*content*/,
                         const StopToken& stop) {
  throw_if_stopped(stop);
  files_.lock()->insert_or_assign(key, copy_of(bytes));
}

Bytes MemoryBackend::load(const FileKey& key, std::optional<ByteRange> range,
                          LoadPurpose /*purpose*/, const StopToken& stop) {
  throw_if_stopped(stop);
  const auto files = files_.lock();
  const auto found = files->find(key);
  if (found == files->end()) throw_missing(key);
  const Bytes& bytes = found->second;
  if (!range) {
    if (bytes.size() <= max_stored_bytes(key.kind)) return bytes;
    throw Error(ErrorCode::kUnsupported, fmt::format("{} is too large", describe(key)),
                key.id.hex());
  }
  if (range->offset > bytes.size() || range->length > bytes.size() - range->offset) {
    throw Error(ErrorCode::kDamaged, fmt::format("{} is too short", describe(key)), key.id.hex());
  }
  const ByteView wanted = ByteView(bytes).subspan(range->offset, range->length);
  return {wanted.begin(), wanted.end()};
}

std::optional<std::uint64_t> MemoryBackend::size(const FileKey& key, const StopToken& stop) {
  throw_if_stopped(stop);
  const auto files = files_.lock();
  const auto found = files->find(key);
  if (found == files->end()) return std::nullopt;
  return found->second.size();
}

std::vector<FileInfo> MemoryBackend::list(FileKind kind, const StopToken& stop) {
  throw_if_stopped(stop);
  std::vector<FileInfo> found;
  const auto files = files_.lock();
  for (const auto& [key, bytes] : *files) {
    if (key.kind == kind) found.push_back({key.id, bytes.size()});
  }
  return found;
}

void MemoryBackend::remove(const FileKey& key, const StopToken& stop) {
  throw_if_stopped(stop);
  if (files_.lock()->erase(key) == 0) throw_missing(key);
}

}  // namespace snapfs
