// Lists of patterns on the way down a tree of directories. What of a directory's path decides about
// what is in it and below is a state, a small number: a directory that is reached by two paths of
// the same state need not be looked at twice, and nobody needs the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "fs/pattern/pattern_list.h"

namespace snapfs {

/// A finite automaton, made as far as it is needed: how many states there are depends on the
/// patterns, not on the paths. Thread-safe.
class PatternWalk {
 public:
  using State = std::uint32_t;
  static constexpr State kRoot = 0;

  explicit PatternWalk(std::vector<PatternList> lists);
  PatternWalk(const PatternWalk&) = delete;
  PatternWalk& operator=(const PatternWalk&) = delete;

  /// Of a directory by its name in the one of that state.
  State below(State directory, std::string_view name) const;

  /// What PatternList::includes says of the directory itself, for the lists together: whether one
  /// of them matches it.
  PatternList::Inclusion verdict(State directory) const;

  /// The same for an entry of the directory.
  PatternList::Inclusion verdict(State directory, std::string_view name) const;

  std::size_t state_count() const;

 private:
  using Positions = std::vector<PatternPositions>;  ///< of all patterns of all lists
  struct Known {
    const Positions* positions = nullptr;
    PatternList::Inclusion verdict;
  };

  Positions step(const Positions& directory, std::string_view name) const;
  PatternList::Inclusion judge(const Positions& positions) const;
  const Positions& positions_of(State state) const;
  State number(Positions positions) const;

  const std::vector<PatternList> lists_;
  mutable std::shared_mutex mutex_;
  mutable std::map<Positions, State> states_;
  mutable std::vector<Known> known_;  ///< by state
};

}  // namespace snapfs
