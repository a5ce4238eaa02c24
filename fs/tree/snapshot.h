// Snapshots (FORMAT §11): the root tree, and when, where and by whom it was taken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/time/timestamp.h"

namespace snapfs {

/// What a run did, as recorded in its snapshot.
struct SnapshotSummary {
  ZonedTime backup_start;
  ZonedTime backup_end;
  std::uint64_t files_new = 0;
  std::uint64_t files_changed = 0;
  std::uint64_t files_unmodified = 0;
  std::uint64_t dirs_new = 0;
  std::uint64_t dirs_changed = 0;
  std::uint64_t dirs_unmodified = 0;
  std::uint64_t data_blobs = 0;
  std::uint64_t tree_blobs = 0;
  std::uint64_t data_added = 0;         ///< plaintext bytes
  std::uint64_t data_added_packed = 0;  ///< bytes in packs
  std::uint64_t total_files_processed = 0;
  std::uint64_t total_bytes_processed = 0;

  friend bool operator==(const SnapshotSummary&, const SnapshotSummary&) = default;
};

struct Snapshot {
  Id id;  ///< the file's name; not part of its content
  ZonedTime time;
  std::optional<Id> parent;
  Id tree;
  std::vector<std::string> paths;
  std::string hostname;
  std::string username;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::string> excludes;
  std::vector<std::string> tags;
  std::optional<Id> original;
  std::string program_version;
  std::optional<SnapshotSummary> summary;

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

/// The tag of what a run had come to when it was interrupted, or has come to so far. To others it
/// is an ordinary snapshot.
inline constexpr std::string_view kPartialTag = "snapfs-partial";

/// Whether the snapshot is that, and not a complete one.
bool is_partial(const Snapshot& snapshot);

/// One line of JSON without a newline. Times keep the offset they were given.
std::string encode_snapshot(const Snapshot& snapshot);

/// Appends the snapshot's fields, without the braces, so that --json output can add its own.
void append_snapshot_fields(std::string& out, const Snapshot& snapshot);

/// Time and tree have to be there, all else may be missing. Throws Error{kDamaged} for text that is
/// not a snapshot.
Snapshot parse_snapshot(const Id& id, ByteView json);

}  // namespace snapfs
