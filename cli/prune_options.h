// The options of prune, for the command itself and for "forget --prune".
#pragma once

#include <string>
#include <string_view>

#include "cli/storage_options.h"
#include "fs/maintain/prune.h"

namespace snapfs {

class Command;
struct GlobalOptions;

/// As given on the command line.
struct PruneArguments {
  std::string max_unused = "5%";
  std::string max_repack_size;
  std::string repack_smaller_than;
  bool repack_cacheable_only = false;
  bool repack_uncompressed = false;
  bool repack_small = false;  ///< taken for restic's sake: small packs are repacked anyway
  StorageOptions storage;

  /// Throws Error{kUsage} for a malformed value.
  PruneOptions options() const;
};

/// Both structures must outlive `command`.
void add_prune_options(Command& command, GlobalOptions& global, PruneArguments& arguments);

/// "5%", "200M", "unlimited". Throws Error{kUsage}.
UnusedLimit parse_unused_limit(std::string_view text);

}  // namespace snapfs
