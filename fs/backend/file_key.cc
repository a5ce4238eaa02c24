#include "fs/backend/file_key.h"

#include <fmt/format.h>

namespace snapfs {

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

}  // namespace

std::uint64_t max_stored_bytes(FileKind kind) noexcept {
  switch (kind) {
    case FileKind::kConfig:
    case FileKind::kKey:
      return kMiB;
    case FileKind::kLock:
      return kMiB / 16;  // a host, a user, a process; and there may be many
    case FileKind::kSnapshot:
      return 64 * kMiB;  // a million paths
    case FileKind::kIndex:
      return 1024 * kMiB;
    case FileKind::kPack:
      return 8192 * kMiB;
  }
  return 0;
}

std::uint64_t max_text_bytes(FileKind kind) noexcept {
  // Index files are read piece by piece. Others are not meant to be compressed more than twice.
  return kind == FileKind::kIndex ? 8 * max_stored_bytes(kind) : max_stored_bytes(kind);
}

std::string_view directory_of(FileKind kind) noexcept {
  switch (kind) {
    case FileKind::kConfig:
      return "config";
    case FileKind::kKey:
      return "keys";
    case FileKind::kLock:
      return "locks";
    case FileKind::kSnapshot:
      return "snapshots";
    case FileKind::kIndex:
      return "index";
    case FileKind::kPack:
      return "data";
  }
  return "";
}

std::string path_of(const FileKey& key) {
  const std::string_view directory = directory_of(key.kind);
  if (key.kind == FileKind::kConfig) return std::string(directory);
  const std::string name = key.id.hex();
  if (key.kind == FileKind::kPack) {
    return fmt::format("{}/{}/{}", directory, std::string_view(name).substr(0, 2), name);
  }
  return fmt::format("{}/{}", directory, name);
}

std::string describe(const FileKey& key) {
  switch (key.kind) {
    case FileKind::kConfig:
      return "the config";
    case FileKind::kKey:
      return "key " + key.id.short_hex();
    case FileKind::kLock:
      return "lock " + key.id.short_hex();
    case FileKind::kSnapshot:
      return "snapshot " + key.id.short_hex();
    case FileKind::kIndex:
      return "index " + key.id.short_hex();
    case FileKind::kPack:
      return "pack " + key.id.short_hex();
  }
  return "";
}

}  // namespace snapfs
