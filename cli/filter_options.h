// --host, --tag and --path: which snapshots a command looks at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fs/tree/snapshot_list.h"

namespace CLI {
class App;
}

namespace snapfs {

struct FilterOptions {
  std::vector<std::string> hosts;
  std::vector<std::string> tags;  ///< as typed: several in one, separated by commas
  std::vector<std::string> paths;

  /// With paths as a snapshot records them: absolute and cleaned, symlinks not followed
  /// (FORMAT §11).
  SnapshotFilter filter() const;
};

/// `options` must outlive `app`.
void add_filter_options(CLI::App& app, FilterOptions& options);

/// "a, b" into its parts, without the blanks around them; empty parts are kept.
std::vector<std::string> split_tags(std::string_view text);

}  // namespace snapfs
