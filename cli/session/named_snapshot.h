// The one snapshot that an argument such as "latest:/home" names, and the place in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/file_key.h"
#include "fs/base/id.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

class Session;
struct FilterOptions;
struct GlobalOptions;

struct NamedSnapshot {
  Snapshot snapshot;
  std::string folder;  ///< as typed; empty: the root
  Id tree;             ///< of the folder
};

/// Finds it, with the index loaded. `filter` says which snapshots "latest" and a time may be. Where
/// a folder is named, or `inside` it a path that is wanted, they stand for the newest one that has
/// it: which one that is, is told when it is not simply the newest. A damaged snapshot is warned of
/// when another one can be the latest. Throws what load_snapshot and find_directory throw.
NamedSnapshot open_named_snapshot(const GlobalOptions& options, Session& session,
                                  std::string_view text, const FilterOptions& filter,
                                  std::string_view inside = {});

/// The same, but for a comparison: "latest" and a time are the newest one, even if the folder is
/// not in it any more.
NamedSnapshot open_compared_snapshot(const GlobalOptions& options, Session& session,
                                     std::string_view text);

/// What is worth reading first by commands that open these (WantedLock::reads): not all snapshots
/// when each is named by its ID.
std::vector<FileKind> reads_for(const std::vector<std::string>& names);

/// Loads the index for a command that writes no blobs: with the copy on this machine.
void load_index_to_read(const GlobalOptions& options, Session& session);

}  // namespace snapfs
