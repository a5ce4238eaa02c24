// One path pattern (FORMAT §13.6), matched against the components of an absolute path.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fs/select/glob.h"

namespace snapfs {

/// The parts of an absolute path between the slashes.
using PathParts = std::span<const std::string_view>;

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

  /// How many directories above a name decide about it, as long as none of them matches; nothing:
  /// all of them.
  std::optional<std::size_t> reach() const noexcept {
    if (anchored_ || any_numbers_ > 0) return std::nullopt;
    return parts_.size() - 1;
  }

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

  bool matches_at(PathParts path, std::size_t first, std::size_t count) const;
  bool matches_run(PathParts path, std::size_t part, std::size_t at, std::size_t length) const;

  std::vector<Part> parts_;
  bool negated_ = false;
  bool anchored_ = false;
  std::size_t any_numbers_ = 0;  ///< how many parts are `**`
};

}  // namespace snapfs
