// What the parts of a check share: internal to check*.cc.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/index/blob_set.h"
#include "fs/index/indexed_packs.h"
#include "fs/maintain/check.h"

namespace snapfs {

/// The verdict as it grows, with the listener. Thread-safe.
class CheckReport {
 public:
  explicit CheckReport(CheckListener& listener) : listener_(listener) {}

  MaintenanceProgress& progress() noexcept { return listener_; }

  void note(std::string_view message) {
    const std::lock_guard lock(mutex_);
    listener_.warn(message);
  }

  void error(std::string_view message) {
    update(message, [](CheckVerdict&) {});
  }

  /// An error that calls for no repair: the storage does not answer and may have it all, or this
  /// machine or program cannot take it.
  void unreadable_now(std::string_view thing, const Error& reason) {
    update(fmt::format("{} could not be checked: {}: {}", thing, reason.what(), advice(reason)),
           [](CheckVerdict& verdict) { ++verdict.unchecked; });
  }

  /// What may help against a failure that is no damage.
  static std::string_view advice(const Error& reason) {
    if (reason.code() == ErrorCode::kOutOfResources) return "give it more, and check again";
    if (reason.code() == ErrorCode::kUnsupported) return "another program may read it";
    return "check the storage";
  }

  /// An error about a pack that "repair packs" can take care of.
  void broken_pack(const Id& pack, std::string_view message) {
    update(message, [&pack](CheckVerdict& verdict) { verdict.broken_packs.insert(pack); });
  }

  /// An error, and what `change` does to the verdict.
  template <class Change>
  void update(std::string_view message, const Change& change) {
    const std::lock_guard lock(mutex_);
    ++verdict_.errors;
    change(verdict_);
    listener_.error(message);
  }

  template <class Change>
  void suggest(const Change& change) {
    const std::lock_guard lock(mutex_);
    change(verdict_);
  }

  CheckVerdict verdict() const {
    const std::lock_guard lock(mutex_);
    return verdict_;
  }

 private:
  CheckListener& listener_;
  mutable std::mutex mutex_;
  CheckVerdict verdict_;
};

/// Reads all index files into the repository's index. Empty when one cannot be read.
std::optional<IndexedPacks> check_index(Repository& repository, CheckReport& report,
                                        const StopToken& stop);

/// What check_packs found in the storage.
struct StoredPacks {
  std::vector<FileInfo> sound;  ///< indexed, there, and of the right size
  std::size_t unindexed = 0;    ///< there, and in no index
};

StoredPacks check_packs(Repository& repository, const IndexedPacks& indexed, CheckReport& report,
                        const StopToken& stop);

/// What the chosen snapshots use.
struct UsedBlobs {
  std::optional<BlobSet> blobs;  ///< when all are to be known
  bool blobs_missing = false;    ///< from the index
};

UsedBlobs check_structure(Repository& repository, const CheckOptions& options, CheckReport& report,
                          const StopToken& stop);

/// Reads the packs whole, and every blob in them.
void check_data(Repository& repository, const IndexedPacks& indexed,
                const std::vector<FileInfo>& packs, CheckReport& report, const StopToken& stop);

}  // namespace snapfs
