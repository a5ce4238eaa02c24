// A recovery drill: what was sampled is restored, to memory or to a directory, and compared with
// the source where that still is what was recorded.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fs/base/stop_token.h"
#include "fs/drill/sample.h"
#include "fs/time/timestamp.h"

namespace snapfs {

class Repository;

enum class DrillOutcome : std::uint8_t {
  kCompared,    ///< restored, and the same as the source
  kChanged,     ///< restored; the source was changed since
  kGone,        ///< restored; the source is no more
  kUncompared,  ///< restored; there is no source on this machine, or it was not to be read
  kClosed,      ///< restored; the source cannot be read
  kDifferent,   ///< it came back, and not as it should be
  kUnreadable,  ///< it did not come back
};

/// Where the source is.
struct DrillSource {
  std::string folder;  ///< of the snapshot, in which the sample's paths begin; or empty
  std::vector<std::string> targets;  ///< what the snapshot was taken of, as it records
  Timestamp start;                   ///< when it was begun
};

/// Hears of each item, from several threads at once.
class DrillListener {
 public:
  DrillListener() = default;
  virtual ~DrillListener() = default;
  DrillListener(const DrillListener&) = delete;
  DrillListener& operator=(const DrillListener&) = delete;

  std::atomic<std::uint64_t> bytes_restored = 0;  ///< content so far

  /// `reason` says why it is closed, different or unreadable, and is empty otherwise.
  virtual void item(const std::string& path, DrillOutcome outcome, const std::string& reason) = 0;
};

/// Reads each item of the sample to memory, piece by piece: from the repository, decrypted, and
/// compared with its digests. Without a `source` nothing is compared. The repository's index is
/// loaded. Throws Error that ends the run; what concerns one item is that item's outcome.
void drill_to_memory(Repository& repository, const Sample& sample,
                     const std::optional<DrillSource>& source, DrillListener& listener,
                     const StopToken& stop);

/// Restores the sample of `tree` to the directory `target`, which is empty or made, by
/// restore_tree(), and looks at what that made. Throws Error{kUsage} when there is something in it.
void drill_to_directory(Repository& repository, const Id& tree, const Sample& sample,
                        const std::string& target, const std::optional<DrillSource>& source,
                        DrillListener& listener, const StopToken& stop);

}  // namespace snapfs
