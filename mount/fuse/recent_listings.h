// Listings of directories that change, as they were when somebody began to read them. The kernel
// does not say who reads: the number of a listing goes into the offsets of its entries, and the
// newest listings are kept. Those that were read to their end make room first, so that many small
// directories do not take the listing from under somebody who reads a large one slowly.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "mount/model/directory.h"
#include "mount/model/ino.h"

namespace snapfs {

/// Thread-safe.
class RecentListings {
 public:
  static constexpr std::size_t kKept = 64;

  /// A number above 0 and below 2^31.
  std::uint64_t keep(Ino ino, std::shared_ptr<const OpenDirectory> listing);

  /// Somebody has read it to its end.
  void finish(Ino ino, std::uint64_t number);

  /// Null when it is not kept any more, or is not of this directory.
  std::shared_ptr<const OpenDirectory> find(Ino ino, std::uint64_t number) const;

 private:
  struct Kept {
    Ino ino = 0;
    std::uint64_t number = 0;  ///< 0: nothing is kept here
    bool finished = true;
    std::shared_ptr<const OpenDirectory> listing;
  };

  mutable std::mutex mutex_;
  std::array<Kept, kKept> kept_;
  std::uint64_t last_ = 0;
};

}  // namespace snapfs
