#include "fs/pattern/pattern.h"

#include <algorithm>

#include "fs/base/error.h"
#include "fs/base/path.h"

namespace snapfs {
namespace {

Glob parse_component(std::string_view component, std::string_view pattern,
                     std::string_view origin) {
  if (auto glob = Glob::parse(component)) return *std::move(glob);
  throw Error(ErrorCode::kUsage, malformed_pattern(pattern, origin));
}

}  // namespace

Pattern::Pattern(std::string_view text, std::string_view origin) {
  const std::string_view original = text;
  if (text.starts_with('!')) {
    negated_ = true;
    text.remove_prefix(1);
  }
  const std::string cleaned = clean_path(text);
  anchored_ = cleaned.starts_with('/');
  std::vector<std::string> components = split_path(cleaned);
  // The root alone stands for everything below it.
  if (components.empty()) components.emplace_back("**");
  for (std::string& component : components) {
    Part part;
    part.any_number = component == "**";
    part.plain = Glob::is_plain(component);
    if (!part.plain) part.glob = parse_component(component, original, origin);
    part.text = std::move(component);
    if (part.any_number) ++any_numbers_;
    parts_.push_back(std::move(part));
  }
}

bool Pattern::matches(PathParts path) const {
  // With many of them, there are more ways to go through a path than anybody can try.
  constexpr std::size_t kFewAnyNumbers = 3;
  if (any_numbers_ > kFewAnyNumbers) {
    PatternPositions positions = begin();
    for (const auto& name : path) positions = step(positions, name);
    return matches(positions);
  }
  if (any_numbers_ == 0 && parts_.size() > path.size()) return false;
  const std::size_t last_start = anchored_ ? 0 : path.size();
  for (std::size_t start = 0; start <= last_start; ++start) {
    // The root counts as a component of its own.
    const std::size_t fixed = parts_.size() - any_numbers_ + (anchored_ ? 1 : 0);
    if (matches_run(path, 0, start, fixed + any_numbers_)) return true;
  }
  return false;
}

/// Whether the parts from `part` on match components from `at` on. `length` is how long the whole
/// pattern is so far, when each `**` that was passed counts as the components that it stands for
/// and each one that was not as one. restic gives up when that is longer than the path, although a
/// later `**` may stand for nothing: `/**/a/**` matches /x/y/a/b, but not /x/y/a.
bool Pattern::matches_run(PathParts path, std::size_t part, std::size_t at,
                          std::size_t length) const {
  for (; part < parts_.size() && !parts_[part].any_number; ++part, ++at) {
    if (at >= path.size() || !parts_[part].matches(path[at])) return false;
  }
  if (part == parts_.size()) return true;
  for (std::size_t taken = 0; at + taken <= path.size(); ++taken) {
    const std::size_t expanded = length - 1 + taken;
    if (expanded > path.size() + 1) return false;
    if (matches_run(path, part + 1, at + taken, expanded)) return true;
  }
  return false;
}

/// Whether the first `count` parts, none of them `**`, match the components from `first` on.
bool Pattern::matches_at(PathParts path, std::size_t first, std::size_t count) const {
  for (std::size_t i = 0; i < count; ++i) {
    if (!parts_[i].matches(path[first + i])) return false;
  }
  return true;
}

bool Pattern::may_match_below(PathParts directory) const {
  if (!anchored_) return true;
  // Up to the first `**`, component for component, as far as both go.
  for (std::size_t i = 0; i < std::min(directory.size(), parts_.size()); ++i) {
    if (parts_[i].any_number) return true;
    if (!parts_[i].matches(directory[i])) return false;
  }
  return true;
}

/// Takes the run in, and what it becomes by a `**` that stands for nothing more. The rule of
/// matches_run: when a `**` at `part` was passed, the pattern's length, less the components so far,
/// is as many as the parts from there on, and one less for the start each. Of the path there may
/// lack as many. What of a run is of no consequence any more is left out, so that there are few.
void Pattern::settle(PatternPositions& positions, Run run) const {
  const std::size_t anchor = anchored_ ? 1 : 0;
  while (true) {
    const bool more = std::any_of(parts_.begin() + run.part, parts_.end(),
                                  [](const Part& part) { return part.any_number; });
    const bool matters = more && parts_.size() + anchor > run.part + run.start + std::size_t{2};
    if (!matters) run.start = static_cast<std::uint16_t>(largest_start());
    positions.runs_.push_back(run);
    if (run.part == parts_.size() || !parts_[run.part].any_number) return;
    const std::size_t length = parts_.size() + anchor;
    const std::size_t passed = run.part + run.start + std::size_t{2};
    if (length > passed) {
      run.lacking = std::max(run.lacking, static_cast<std::uint16_t>(length - passed));
    }
    ++run.part;
  }
}

PatternPositions Pattern::begin() const {
  PatternPositions root;
  settle(root, {});
  std::ranges::sort(root.runs_);
  return root;
}

PatternPositions Pattern::step(const PatternPositions& directory, std::string_view name) const {
  PatternPositions next;
  if (any_numbers_ > 0 && !anchored_) {
    next.depth_ = static_cast<std::uint16_t>(
        std::min<std::size_t>(directory.depth_ + std::size_t{1}, largest_start()));
  }
  for (Run run : directory.runs_) {
    if (run.lacking > 0) --run.lacking;
    const bool whole = run.part == parts_.size();
    if (!whole && !parts_[run.part].any_number) {
      if (!parts_[run.part].matches(name)) continue;
      ++run.part;
    }
    settle(next, run);
  }
  if (!anchored_) settle(next, {.part = 0, .start = next.depth_, .lacking = 0});
  // Once a run is whole, so are all paths below: nothing else counts.
  const Run whole{static_cast<std::uint16_t>(parts_.size()),
                  static_cast<std::uint16_t>(largest_start()), 0};
  std::ranges::sort(next.runs_);
  next.runs_.erase(std::unique(next.runs_.begin(), next.runs_.end()), next.runs_.end());
  if (std::ranges::binary_search(next.runs_, whole)) {
    next.runs_ = {whole};
    next.depth_ = 0;
  }
  if (!anchored_) return next;
  next.fixed_ = directory.fixed_;
  next.ruled_out_ = directory.ruled_out_;
  if (!next.ruled_out_ && next.fixed_ < parts_.size() && !parts_[next.fixed_].any_number) {
    next.ruled_out_ = !parts_[next.fixed_].matches(name);
    ++next.fixed_;
  }
  if (next.ruled_out_) next.fixed_ = 0;
  return next;
}

bool Pattern::matches(const PatternPositions& path) const {
  return std::ranges::any_of(
      path.runs_, [this](const Run& run) { return run.part == parts_.size() && run.lacking == 0; });
}

Pattern::Outlook Pattern::outlook(PathParts directory) const {
  if (matches(directory)) return Outlook::kAll;
  if (any_numbers_ > 0) return Outlook::kPath;
  const std::size_t above = parts_.size() - 1;
  if (above > directory.size()) return Outlook::kNone;
  const std::size_t first = directory.size() - above;
  if (anchored_ && first != 0) return Outlook::kNone;
  return matches_at(directory, first, above) ? Outlook::kName : Outlook::kNone;
}

}  // namespace snapfs
