// --host, --tag and --path: which snapshots a command looks at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fs/tree/snapshot_list.h"

namespace snapfs {

class Command;

struct FilterOptions {
  std::vector<std::string> hosts;
  std::vector<std::string> tags;  ///< as typed: several in one, separated by commas
  std::vector<std::string> paths;

  /// With paths as a snapshot records them: absolute and cleaned, symlinks not followed
  /// (FORMAT §11). Without --host the variable HOST names one (SNAPFS_HOST, RESTIC_HOST);
  /// --host "" undoes that.
  SnapshotFilter filter() const;
};

/// How --host can be written: forget needs -H for something else.
enum class HostOption { kShortToo, kLongOnly };

/// `options` must outlive `command`.
void add_filter_options(Command& command, FilterOptions& options,
                        HostOption host = HostOption::kShortToo);

/// "a, b" into its parts, without the blanks around them; empty parts are kept.
std::vector<std::string> split_tags(std::string_view text);

}  // namespace snapfs
