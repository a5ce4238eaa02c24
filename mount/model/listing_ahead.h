// Decodes directories before they are opened, for programs that go through a whole tree (`find`,
// `du`, `ls -lR`): opening a directory whose parent was opened shortly before is the pattern.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "fs/base/stop_token.h"
#include "fs/fetch/prefetcher.h"
#include "mount/model/ino.h"
#include "mount/model/tree_cache.h"
#include "mount/model/tree_fs.h"

namespace snapfs {

/// Thread-safe.
class ListingAhead {
 public:
  /// All references must outlive this.
  ListingAhead(Fetcher& fetcher, TreeCache& trees, TreeFs& fs, const StopToken& stop)
      : trees_(trees),
        fs_(fs),
        is_near_(fetcher.is_near()),
        prefetcher_(fetcher, Urgency::kAhead, stop) {}

  /// Says that these will be opened.
  void announce(std::vector<Id> directories) { prefetcher_.want(trees_, std::move(directories)); }

  /// After a directory inside a snapshot was opened.
  void directory_opened(Ino directory) noexcept;

 private:
  static constexpr std::size_t kRemembered = 64;
  static constexpr std::size_t kWindow = 64;        ///< directories
  static constexpr std::size_t kBelowWindow = 256;  ///< and what is in them

  /// A directory that was opened, and how far its subdirectories are on their way.
  struct Opened {
    Ino directory = 0;
    std::size_t ahead = 0;    ///< entries before this one
    std::size_t trigger = 0;  ///< opening this one, or a later one, fetches more
    std::size_t below = 0;    ///< what is in those before this one is on its way, too
    std::uint64_t last_use = 0;
  };

  void guess(Ino directory);
  bool opened_child(Ino parent, const TreeListing& listing, std::size_t index,
                    std::vector<Id>& wanted);
  static void collect(const TreeListing& listing, Opened& opened, std::size_t next,
                      std::vector<Id>& wanted);

  void collect_below(const TreeListing& listing, Opened& opened, std::size_t next,
                     std::vector<Id>& wanted);

  TreeCache& trees_;
  TreeFs& fs_;
  const bool is_near_;
  std::mutex mutex_;
  std::array<Opened, kRemembered> opened_;  ///< those that were of use last
  std::uint64_t clock_ = 0;
  Prefetcher prefetcher_;
};

}  // namespace snapfs
