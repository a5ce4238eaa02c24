// The options that leave something out of a snapshot (FORMAT §13.6), and the Selection that they
// make.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archiver/select/selection.h"

namespace snapfs {

class Command;
struct GlobalOptions;

/// As given on the command line.
struct ExcludeOptions {
  std::vector<std::string> patterns;  ///< --exclude; recorded in the snapshot (FORMAT §11)
  std::vector<std::string> caseless_patterns;
  std::vector<std::string> files;
  std::vector<std::string> caseless_files;
  std::vector<std::string> if_present;
  bool caches = false;
  std::string larger_than;
  bool one_file_system = false;

  /// With the repository's own directory and mounted repositories left out as well. Reads the
  /// files. Throws Error{kUsage} for malformed values, and what reading the files throws.
  Selection selection(const GlobalOptions& global, std::string_view working_directory) const;
};

/// `options` must outlive `command`.
void add_exclude_options(Command& command, ExcludeOptions& options);

}  // namespace snapfs
