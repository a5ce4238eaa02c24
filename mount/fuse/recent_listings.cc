#include "mount/fuse/recent_listings.h"

#include <algorithm>
#include <utility>

namespace snapfs {

namespace {

constexpr std::uint64_t kLastNumber = (std::uint64_t{1} << 31) - 1;

}  // namespace

std::uint64_t RecentListings::keep(Ino ino, std::shared_ptr<const OpenDirectory> listing) {
  Kept kept{ino, 0, false, std::move(listing)};  // freed outside the lock
  const std::lock_guard lock(mutex_);
  last_ = last_ == kLastNumber ? 1 : last_ + 1;
  kept.number = last_;
  const auto dispensable = [](const Kept& each) { return std::pair(!each.finished, each.number); };
  std::swap(*std::ranges::min_element(kept_, {}, dispensable), kept);
  return last_;
}

void RecentListings::finish(Ino ino, std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(kept_, number, &Kept::number);
  if (found != kept_.end() && found->ino == ino) found->finished = true;
}

std::shared_ptr<const OpenDirectory> RecentListings::find(Ino ino, std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(kept_, number, &Kept::number);
  return found != kept_.end() && found->ino == ino ? found->listing : nullptr;
}

}  // namespace snapfs
