// A ring of listings.
#include "mount/fuse/recent_listings.h"

#include <utility>

namespace snapfs {

namespace {

constexpr std::uint64_t kLastNumber = (std::uint64_t{1} << 31) - 1;

}  // namespace

std::uint64_t RecentListings::keep(Ino ino, std::shared_ptr<const OpenDirectory> listing) {
  Kept kept{ino, 0, std::move(listing)};
  const std::lock_guard lock(mutex_);
  last_ = last_ == kLastNumber ? 1 : last_ + 1;
  kept.number = last_;
  std::swap(kept_[last_ % kKept], kept);
  return last_;
}

std::shared_ptr<const OpenDirectory> RecentListings::find(Ino ino, std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const Kept& kept = kept_[number % kKept];
  return kept.number == number && kept.ino == ino ? kept.listing : nullptr;
}

}  // namespace snapfs
