// Lists of snapshots as commands show them: a table for people, objects for programs.
#pragma once

#include <string>
#include <vector>

#include "fs/tree/retention.h"
#include "fs/tree/snapshot.h"
#include "fs/tree/snapshot_groups.h"

namespace snapfs {

enum class TableStyle {
  kFull,
  kCompact,  ///< without paths and reasons, tags below each other
};

/// In the order given; with how many there are below it.
std::string snapshot_table(const std::vector<Snapshot>& snapshots, TableStyle style);

/// The same with why each is kept.
std::string snapshot_table(const std::vector<KeptSnapshot>& snapshots, TableStyle style);

/// The snapshot as a JSON object with its ID.
std::string snapshot_json(const Snapshot& snapshot);

/// A JSON array of them.
std::string snapshots_json(const std::vector<Snapshot>& snapshots);

/// {"hostname":…,"paths":…,"tags":…}; lists that are empty are null.
std::string group_key_json(const GroupKey& key);

/// A JSON array of texts, or null when there are none.
std::string json_texts_or_null(const std::vector<std::string>& texts);

}  // namespace snapfs
