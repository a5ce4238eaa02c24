#include "fs/pattern/pattern_walk.h"

#include <mutex>
#include <string>
#include <utility>

namespace snapfs {

PatternWalk::PatternWalk(std::vector<PatternList> lists) : lists_(std::move(lists)) {
  Positions root;
  for (const PatternList& list : lists_) list.begin(root);
  number(std::move(root));
}

PatternWalk::State PatternWalk::below(State directory, std::string_view name) const {
  return number(step(positions_of(directory), name));
}

PatternList::Inclusion PatternWalk::verdict(State directory) const {
  const std::shared_lock lock(mutex_);
  return known_.at(directory).verdict;
}

PatternList::Inclusion PatternWalk::verdict(State directory, std::string_view name) const {
  return judge(step(positions_of(directory), name));
}

std::size_t PatternWalk::state_count() const {
  const std::shared_lock lock(mutex_);
  return known_.size();
}

PatternWalk::Positions PatternWalk::step(const Positions& directory, std::string_view name) const {
  Positions next;
  next.reserve(directory.size());
  std::size_t first = 0;
  for (const PatternList& list : lists_) {
    list.step({directory.data() + first, list.size()}, name, next);
    first += list.size();
  }
  return next;
}

PatternList::Inclusion PatternWalk::judge(const Positions& positions) const {
  PatternList::Inclusion result;
  std::size_t first = 0;
  for (const PatternList& list : lists_) {
    const PatternList::Inclusion inclusion = list.judge({positions.data() + first, list.size()});
    result.item |= inclusion.item;
    result.below |= inclusion.below;
    first += list.size();
  }
  return result;
}

/// What is in the map stays where it is.
const PatternWalk::Positions& PatternWalk::positions_of(State state) const {
  const std::shared_lock lock(mutex_);
  return *known_.at(state).positions;
}

PatternWalk::State PatternWalk::number(Positions positions) const {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = states_.find(positions); found != states_.end()) return found->second;
  }
  const std::unique_lock lock(mutex_);
  const auto [place, is_new] =
      states_.try_emplace(std::move(positions), static_cast<State>(known_.size()));
  if (is_new) known_.push_back({&place->first, judge(place->first)});
  return place->second;
}

}  // namespace snapfs
