// Which directories come next in a walk from top to bottom.
#include "mount/model/listing_ahead.h"

#include <algorithm>
#include <utility>

namespace snapfs {

void ListingAhead::directory_opened(Ino directory) noexcept {
  best_effort([&] { guess(directory); });
}

void ListingAhead::guess(Ino directory) {
  const std::shared_ptr<const TreeListing> listing = fs_.listing_in_memory(directory);
  if (!listing) return;
  std::vector<Id> children;
  std::vector<Id> siblings;
  {
    const auto place = is_virtual(directory) ? std::nullopt : fs_.node_in_memory(directory);
    const std::lock_guard lock(mutex_);
    const bool walking =
        place && opened_child(place->directory->self, *place->listing, place->index, siblings);
    if (std::ranges::find(opened_, directory, &Opened::directory) == opened_.end()) {
      Opened& opened = *std::ranges::min_element(opened_, {}, &Opened::last_use);
      opened = {.directory = directory, .last_use = ++clock_};
      if (walking) collect(*listing, opened, 0, children);
    }
  }
  // A walk goes down before it goes on.
  if (!siblings.empty()) prefetcher_.want(trees_, std::move(siblings), {}, true);
  if (!children.empty()) prefetcher_.want(trees_, std::move(children), {}, true);
}

/// Whether the parent was opened, too.
bool ListingAhead::opened_child(Ino parent, const TreeListing& listing, std::size_t index,
                                std::vector<Id>& wanted) {
  const auto found = std::ranges::find(opened_, parent, &Opened::directory);
  if (found == opened_.end()) return false;
  found->last_use = ++clock_;  // however many are opened in it
  if (index >= found->trigger) collect(listing, *found, index + 1, wanted);
  if (!is_near_) collect_below(listing, *found, index, wanted);
  return true;
}

/// The directories in this one and in those after it that are there already: a walk comes to them
/// before it comes to those, and each would take a round trip.
void ListingAhead::collect_below(const TreeListing& listing, Opened& opened, std::size_t next,
                                 std::vector<Id>& wanted) {
  std::size_t i = std::max(opened.below, next);
  for (; i < listing.nodes.size() && wanted.size() < kBelowWindow; ++i) {
    const auto subtree = listing.nodes[i].subtree;
    if (!subtree) continue;
    const std::shared_ptr<const TreeListing> inner = trees_.peek(*subtree);
    if (!inner) break;
    for (std::size_t k = 0; k < inner->nodes.size(); ++k) {
      if (const auto below = inner->nodes[k].subtree) wanted.push_back(*below);
    }
  }
  opened.below = i;
}

void ListingAhead::collect(const TreeListing& listing, Opened& opened, std::size_t next,
                           std::vector<Id>& wanted) {
  const std::size_t begin = std::max(opened.ahead, next);
  std::size_t i = begin;
  for (; i < listing.nodes.size() && wanted.size() < kWindow; ++i) {
    if (const auto subtree = listing.nodes[i].subtree) wanted.push_back(*subtree);
  }
  opened.ahead = i;
  opened.trigger = begin + (i - begin) / 2;
}

}  // namespace snapfs
