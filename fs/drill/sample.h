// Which of a snapshot's items a drill restores: a random choice that can be made again. It reads
// trees, no content.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/tree/node.h"

namespace snapfs {

class Repository;

/// What is chosen. The same rule gives the same sample of the same tree, on every machine.
struct SampleRule {
  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t seed = 0;
  std::uint64_t items = kNoLimit;       ///< at most so many; kMostSampled in any case
  std::uint64_t bytes = kNoLimit;       ///< of content, at most
  std::vector<std::string> paths = {};  ///< only these and what is below them; empty: everything
};

/// As many as are held in memory.
inline constexpr std::size_t kMostSampled = 100'000;

struct SampledItem {
  std::string path;  ///< below the tree, "/etc/fstab"
  Node node;
};

/// What cannot be read of the trees themselves.
struct UnreadableDirectory {
  std::string path;
  std::string reason;
};

struct Sample {
  std::vector<SampledItem> items;  ///< in the order of their paths
  std::uint64_t content_bytes = 0;
  std::uint64_t items_total = 0;  ///< from which they were chosen
  std::vector<UnreadableDirectory> unreadable;
  std::vector<std::string> missing;  ///< of the rule's paths
};

/// Chooses from all that a restore would make below `tree`, whose repository's index is loaded.
/// Items are sorted by kind (files by their size, in steps of factor 16; directories; symbolic
/// links; each sort of special file) and taken from one kind after the other, at random within it,
/// so that the few large files are met as well as the many small ones. Sockets, which no restore
/// makes, are left out. Throws Error that ends the run.
Sample choose_sample(Repository& repository, const Id& tree, const SampleRule& rule,
                     const StopToken& stop);

}  // namespace snapfs
