// What people call a snapshot by in the names of directories: at/NAME, changed/NAME..NAME.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "fs/time/clock.h"
#include "fs/time/timestamp.h"
#include "fs/time/timezone.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

/// Which snapshots count; empty: all.
using SnapshotPredicate = std::function<bool(const Snapshot&)>;

/// The newest complete one of `snapshots` (ascending by time) that is not after `time` and counts;
/// null when there is none.
const Snapshot* newest_until(const std::vector<Snapshot>& snapshots, Timestamp time,
                             const SnapshotPredicate& counts = {});

/// `name` is "latest", an ID or its beginning (five digits at least: shorter ones are times, such
/// as 2026 or 7d), or what parse_time_expression understands. Null when it is none of these, or
/// there is no such snapshot among those of `snapshots` (ascending by time) that count, or more
/// than one.
const Snapshot* find_by_name(const std::vector<Snapshot>& snapshots, std::string_view name,
                             const Clock& clock, const TimeZone& zone,
                             const SnapshotPredicate& counts = {});

}  // namespace snapfs
