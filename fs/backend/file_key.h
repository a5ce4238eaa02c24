// The names of a repository's files (FORMAT §1.1).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "fs/base/id.h"

namespace snapfs {

enum class FileKind : std::uint8_t { kConfig, kKey, kLock, kSnapshot, kIndex, kPack };

inline constexpr std::array kListedKinds = {FileKind::kKey, FileKind::kLock, FileKind::kSnapshot,
                                            FileKind::kIndex, FileKind::kPack};

/// One file of a repository. The config has no ID.
struct FileKey {
  FileKind kind = FileKind::kConfig;
  Id id;

  static FileKey config() { return {}; }

  friend auto operator<=>(const FileKey&, const FileKey&) noexcept = default;
};

/// No stored file of the kind is larger, in bytes, so that nobody reads more before he knows whose
/// it is. For an index it is far more than any program writes; packs are bounded by their 32-bit
/// offsets.
std::uint64_t max_stored_bytes(FileKind kind) noexcept;

/// The same of the text in it.
std::uint64_t max_text_bytes(FileKind kind) noexcept;

/// "keys", "locks", "snapshots", "index" or "data"; "config" for the config.
std::string_view directory_of(FileKind kind) noexcept;

/// The path below the repository's root: "config", "keys/<id>", "data/<2 digits>/<id>".
std::string path_of(const FileKey& key);

/// How messages call it: "snapshot 1a2b3c4d".
std::string describe(const FileKey& key);

}  // namespace snapfs
