#include "fs/pattern/pattern_list.h"

#include <algorithm>

#include "fs/pattern/lower_case.h"

namespace snapfs {
namespace {

/// Views into `path`.
std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) parts.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

}  // namespace

PatternList::PatternList(std::span<const PatternSource> sources, LetterCase letter_case)
    : fold_(letter_case == LetterCase::kIgnored) {
  for (const PatternSource& source : sources) {
    for (const std::string& text : source.patterns) {
      if (text.empty()) continue;
      Pattern pattern(text, source.origin);  // as typed, so that a message shows it so
      patterns_.push_back(fold_ ? Pattern(lower_case(text), source.origin) : std::move(pattern));
      any_negated_ |= patterns_.back().is_negated();
    }
  }
}

void PatternList::remove_rejected(std::string_view directory,
                                  std::vector<std::string>& names) const {
  const std::string folded = fold_ ? lower_case(directory) : std::string();
  std::vector<std::string_view> path = parts_of(fold_ ? folded : directory);
  const std::vector<Candidate> asked = candidates(path);
  if (asked.empty()) return;
  path.emplace_back();
  std::erase_if(names, [&](const std::string& name) {
    const std::string folded_name = fold_ ? lower_case(name) : std::string();
    path.back() = fold_ ? folded_name : name;
    return rejected(asked, path);
  });
}

PatternList::Inclusion PatternList::includes(std::string_view path) const {
  const std::string folded = fold_ ? lower_case(path) : std::string();
  const std::vector<std::string_view> parts = parts_of(fold_ ? folded : path);
  Inclusion result;
  for (const Pattern& pattern : patterns_) {
    if (pattern.is_negated()) {
      if (!result.item && !result.below) continue;
      if (pattern.matches(parts)) result = {};
    } else {
      if (!result.item) result.item = pattern.matches(parts);
      if (!result.below) result.below = pattern.may_match_below(parts);
      if (result.item && result.below && !any_negated_) break;
    }
  }
  return result;
}

void PatternList::begin(std::vector<PatternPositions>& out) const {
  for (const Pattern& pattern : patterns_) out.push_back(pattern.begin());
}

void PatternList::step(std::span<const PatternPositions> directory, std::string_view name,
                       std::vector<PatternPositions>& out) const {
  const std::string folded = fold_ ? lower_case(name) : std::string();
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    out.push_back(patterns_[i].step(directory[i], fold_ ? folded : name));
  }
}

PatternList::Inclusion PatternList::judge(std::span<const PatternPositions> path) const {
  Inclusion result;
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    const Pattern& pattern = patterns_[i];
    if (pattern.is_negated()) {
      if (pattern.matches(path[i])) result = {};
    } else {
      result.item |= pattern.matches(path[i]);
      result.below |= Pattern::may_match_below(path[i]);
    }
  }
  return result;
}

std::vector<PatternList::Candidate> PatternList::candidates(PathParts directory) const {
  std::vector<Candidate> found;
  for (const Pattern& pattern : patterns_) {
    const Pattern::Outlook outlook = pattern.outlook(directory);
    if (outlook == Pattern::Outlook::kAll) found.clear();  // what came before is overruled
    if (outlook != Pattern::Outlook::kNone) found.push_back({&pattern, outlook});
    if (outlook == Pattern::Outlook::kAll && !any_negated_) break;
  }
  return found;
}

bool PatternList::rejected(std::span<const Candidate> candidates, PathParts path) {
  bool result = false;
  for (const Candidate& candidate : candidates) {
    const bool negated = candidate.pattern->is_negated();
    if (result != negated) continue;  // it could change nothing
    switch (candidate.outlook) {
      case Pattern::Outlook::kNone:
        break;
      case Pattern::Outlook::kAll:
        result = !negated;
        break;
      case Pattern::Outlook::kName:
        if (candidate.pattern->name_matches(path.back())) result = !negated;
        break;
      case Pattern::Outlook::kPath:
        if (candidate.pattern->matches(path)) result = !negated;
        break;
    }
  }
  return result;
}

}  // namespace snapfs
