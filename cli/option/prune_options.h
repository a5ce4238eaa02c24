// The options of prune, for the command itself and for "forget --prune".
#pragma once

#include <string>
#include <string_view>

#include "fs/maintain/prune.h"

namespace snapfs {

class Command;

/// As given on the command line.
struct PruneArguments {
  std::string max_unused = "5%";
  std::string max_repack_size;
  std::string repack_smaller_than;
  bool repack_cacheable_only = false;
  bool repack_uncompressed = false;
  bool repack_small = false;  ///< taken for restic's sake: small packs are repacked anyway

  /// All but the size of packs. Throws Error{kUsage} for a malformed value.
  PruneOptions options() const;
};

/// `arguments` must outlive `command`.
void add_prune_options(Command& command, PruneArguments& arguments);

/// "5%", "200M", "unlimited". Throws Error{kUsage}.
UnusedLimit parse_unused_limit(std::string_view text);

}  // namespace snapfs
