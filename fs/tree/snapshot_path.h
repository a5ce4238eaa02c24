// Places in snapshots as users type them: SNAPSHOT, SNAPSHOT:FOLDER, and paths inside.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/tree/node.h"
#include "fs/tree/snapshot.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {

class Repository;

/// "latest", "1a2b3c4d", "latest:/home/me": a snapshot, and a directory in it.
struct SnapshotPath {
  std::string snapshot;
  std::string folder;  ///< as typed, with or without a slash in front; empty: the root

  /// Everything behind the first colon is the folder; but in a time, such as 2026-11-01T12:30,
  /// colons are its own.
  static SnapshotPath parse(std::string_view text);
};

/// The snapshot that `text` names, as find_snapshot has it, reading no more snapshot files than
/// that takes: one for an ID, all for "latest". Damaged ones are told to `damaged` where that is no
/// matter, or throw. Throws what find_snapshot throws.
Snapshot load_snapshot(Repository& repository, std::string_view text, const SnapshotFilter& filter,
                       StopToken stop, const DamagedSnapshot& damaged = nullptr,
                       const TimeNames* times = nullptr);

/// The tree of the directory at `path`, which begins at the tree `root`; "", "." and "/" are the
/// root itself. Throws Error{kNotFound} that says up to where the path leads in `place`, and what
/// load_tree throws.
Id find_directory(Repository& repository, const Id& root, std::string_view path, StopToken stop,
                  std::string_view place = "the snapshot");

/// The entry at `path`; nothing when that is the root, which is no entry. Throws what
/// find_directory throws.
std::optional<Node> find_node(Repository& repository, const Id& root, std::string_view path,
                              StopToken stop, std::string_view place = "the snapshot");

/// Whether there is an entry at `path`, or it is the root. Throws what load_tree throws.
bool has_path(Repository& repository, const Id& root, std::string_view path, StopToken stop);

}  // namespace snapfs
