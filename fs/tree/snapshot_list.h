// The snapshots of a repository: listing, filtering, finding one by what a user types.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/time/timestamp.h"
#include "fs/time/timezone.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

class Repository;

/// Every criterion given must hold; lists that are empty allow everything.
struct SnapshotFilter {
  std::vector<std::string> hosts;              ///< one of them
  std::vector<std::vector<std::string>> tags;  ///< all tags of one of the lists
  std::vector<std::string> paths;              ///< all of them, absolute

  bool matches(const Snapshot& snapshot) const;

  /// "--host web --path /srv", as it would be typed; empty when it allows every snapshot.
  std::string text() const;

  /// Whether it allows every snapshot.
  bool is_empty() const noexcept { return hosts.empty() && tags.empty() && paths.empty(); }
};

/// Whether the snapshot has all of the tags. The empty tag stands for having no tags at all.
bool has_tags(const Snapshot& snapshot, const std::vector<std::string>& wanted);

/// Hears of a snapshot file that is left out because it is damaged, because this program does not
/// know its encoding, or because there is not enough memory for it: the error's code tells which.
using DamagedSnapshot = std::function<void(const Id& id, const Error& error)>;

/// The order of snapshots: by time, and by ID where that is the same.
bool is_earlier(const Snapshot& a, const Snapshot& b) noexcept;

/// All snapshots in ascending order of (time, ID). Files are loaded over several threads. One that
/// cannot be used is told to `damaged`, one call at a time, or throws when there is nobody to tell.
/// Those of `without` are left out unread: a storage may go on to list what was removed just now.
std::vector<Snapshot> load_snapshots(Repository& repository, StopToken stop,
                                     const DamagedSnapshot& damaged = nullptr,
                                     const std::set<Id>& without = {});

/// For names that are times: what counts as now, and by whose clock.
struct TimeNames {
  Timestamp now;
  TimeZone zone;
};

/// Whether `text` can be nothing but an ID or the beginning of one: hexadecimal digits alone.
bool is_id_text(std::string_view text) noexcept;

/// The snapshot that `text` names: "latest" (the newest complete one that the filter matches), a
/// full ID, or an unambiguous prefix of one; the filter does not restrict IDs. With `times` also
/// what parse_time_expression() knows, for the newest complete one that the filter matches and that
/// is not after that time; what could be an ID is one. Throws Error{kNotFound}, Error{kUsage} when
/// the text is ambiguous or no name at all.
const Snapshot& find_snapshot(const std::vector<Snapshot>& snapshots, std::string_view text,
                              const SnapshotFilter& filter, const TimeNames* times = nullptr);

/// The newest complete snapshot not after `time` that the filter matches, to be a new snapshot's
/// parent (FORMAT §13.3).
std::optional<Snapshot> find_parent(const std::vector<Snapshot>& snapshots, Timestamp time,
                                    const SnapshotFilter& filter);

/// Stores a snapshot and returns its ID.
Id save_snapshot(Repository& repository, const Snapshot& snapshot, StopToken stop);

/// Stores `changed` in place of `old`, and returns its ID: first the new one, then the old one is
/// removed, so that a crash leaves both at worst. The new one names the first version of the old
/// one as its original unless it names one already.
Id replace_snapshot(Repository& repository, const Snapshot& old, Snapshot changed, StopToken stop);

}  // namespace snapfs
