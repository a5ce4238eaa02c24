// The options of "snapfs restore", and the choice of items and attributes that they make.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/option/filter_options.h"
#include "cli/option/include_exclude_options.h"
#include "fs/restore/options.h"

namespace snapfs {

class Command;

/// As given on the command line.
struct RestoreArguments {
  std::vector<std::string> snapshot;  ///< one, with a folder of it or without
  std::string target;
  FilterOptions filter;
  IncludeExcludeOptions patterns;
  std::vector<std::string> include_attributes;
  std::vector<std::string> exclude_attributes;
  std::string overwrite = "always";
  bool dry_run = false;
  bool remove_unexpected = false;
  bool delete_outside_paths = false;
  bool sparse = false;
  bool verify = false;
  bool ownership_by_name = false;

  /// Reads the pattern files. Throws Error{kUsage} for what is missing, malformed, or excludes
  /// each other, and what reading the files throws.
  RestoreOptions options() const;
};

/// `arguments` must outlive `command`.
void add_restore_options(Command& command, RestoreArguments& arguments);

}  // namespace snapfs
