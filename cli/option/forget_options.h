// The options of "snapfs forget": what can be said on the command line, and what it means.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/option/filter_options.h"
#include "cli/option/prune_options.h"
#include "fs/tree/retention.h"

namespace snapfs {

class Command;
struct GlobalOptions;

/// As given.
struct ForgetOptions {
  std::vector<std::string> ids;
  std::array<std::int64_t, kKeepPeriods> counts{};
  std::array<std::string, kKeepPeriods> within;
  std::vector<std::string> keep_tags;  ///< several in one, separated by commas
  FilterOptions filter;
  std::string group_by = "host,paths";
  bool compact = false;
  bool dry_run = false;
  bool allow_remove_all = false;
  bool prune = false;
  PruneArguments prune_arguments;

  /// Throws Error{kUsage} for what is no duration.
  RetentionPolicy policy() const;
};

/// Adds the options to the command. `options` must outlive `command`.
void add_forget_options(Command& command, ForgetOptions& options);

/// "7", or "unlimited", which is -1, too. Throws Error{kUsage}.
std::int64_t parse_keep_count(std::string_view text);

}  // namespace snapfs
