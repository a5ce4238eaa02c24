// One path pattern (FORMAT §13.6), matched against the components of an absolute path.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fs/pattern/glob.h"

namespace snapfs {

/// The parts of an absolute path between the slashes.
using PathParts = std::span<const std::string_view>;

/// How far a pattern came on the way down to a directory: all that decides about what it says of
/// the directory and of everything below. A value; equal ones say the same.
class PatternPositions {
 public:
  friend auto operator<=>(const PatternPositions&, const PatternPositions&) = default;

 private:
  friend class Pattern;

  /// A run of components that matches the parts before `part`.
  struct Run {
    std::uint16_t part = 0;
    std::uint16_t start = 0;    ///< the component it begins at, kAny when that is of no consequence
    std::uint16_t lacking = 0;  ///< by how many components the path is too short for it to count
    friend auto operator<=>(const Run&, const Run&) = default;
  };

  std::vector<Run> runs_;    ///< ascending
  std::uint16_t depth_ = 0;  ///< of the directory, as far as that is of consequence
  std::uint16_t fixed_ = 0;  ///< of an anchored pattern: parts before the first `**` that match
  bool ruled_out_ = false;   ///< of an anchored pattern: nothing below can match
};

/// A path pattern: one Glob a component, `**` for any number of components. It matches a path when
/// it matches some run of its components, so that all below a match is matched, too; a pattern
/// with a slash in front has to begin at the root. With `!` in front it takes back what a pattern
/// before it matched. A value; thread-safe to read.
class Pattern {
 public:
  /// `text`, which is not empty, is cleaned like a path first. Throws Error{kUsage} when a
  /// component is malformed; `origin` says in the message where the pattern comes from.
  Pattern(std::string_view text, std::string_view origin);

  bool is_negated() const noexcept { return negated_; }

  bool matches(PathParts path) const;

  /// Whether there can be paths below `directory` that it matches. Only a pattern with a slash in
  /// front ever rules that out.
  bool may_match_below(PathParts directory) const;

  /// What is known about all entries of a directory before their names are looked at.
  enum class Outlook {
    kNone,  ///< none matches
    kAll,   ///< all match
    kName,  ///< those match whose name is matched by name_matches()
    kPath,  ///< matches() has to be asked
  };
  Outlook outlook(PathParts directory) const;

  /// What is known of the root.
  PatternPositions begin() const;

  /// What is known of `name` in a directory.
  PatternPositions step(const PatternPositions& directory, std::string_view name) const;

  /// The answers of matches() and may_match_below() for the path that led here.
  bool matches(const PatternPositions& path) const;
  static bool may_match_below(const PatternPositions& path) noexcept { return !path.ruled_out_; }

  /// Whether the last component matches.
  bool name_matches(std::string_view name) const { return parts_.back().matches(name); }

 private:
  struct Part {
    bool any_number = false;  ///< `**`
    bool plain = false;
    std::string text;
    Glob glob;

    bool matches(std::string_view name) const { return plain ? name == text : glob.matches(name); }
  };

  using Run = PatternPositions::Run;

  void settle(PatternPositions& positions, Run run) const;
  std::size_t largest_start() const noexcept { return parts_.size() + 2; }

  bool matches_at(PathParts path, std::size_t first, std::size_t count) const;
  bool matches_run(PathParts path, std::size_t part, std::size_t at, std::size_t length) const;

  std::vector<Part> parts_;
  bool negated_ = false;
  bool anchored_ = false;
  std::size_t any_numbers_ = 0;  ///< how many parts are `**`
};

}  // namespace snapfs
