// Patterns in the order given (FORMAT §13.6): what is rejected by one group of options.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fs/pattern/pattern.h"

namespace snapfs {

enum class LetterCase { kMatters, kIgnored };

/// Patterns that came by the same way.
struct PatternSource {
  std::string origin;  ///< the option, and the file if there is one; for messages
  std::vector<std::string> patterns;
};

/// A value; thread-safe to read.
class PatternList {
 public:
  /// Empty patterns are passed over. Throws Error{kUsage} for a malformed one.
  PatternList(std::span<const PatternSource> sources, LetterCase letter_case);

  bool empty() const noexcept { return patterns_.empty(); }

  /// Whether the list matches the path, as a list of exclude patterns would leave it out.
  bool matches(std::string_view path) const { return includes(path).item; }

  /// The list as one of include patterns.
  struct Inclusion {
    bool item = false;   ///< the path is matched
    bool below = false;  ///< paths below it may be
  };
  Inclusion includes(std::string_view path) const;

  /// Removes the excluded ones of the names in `directory`, an absolute cleaned path.
  void remove_rejected(std::string_view directory, std::vector<std::string>& names) const;

  /// How many patterns there are.
  std::size_t size() const noexcept { return patterns_.size(); }

  /// What includes() needs to know of paths, one a pattern, on the way down: of the root, and of
  /// `name` in a directory. Appended to `out`.
  void begin(std::vector<PatternPositions>& out) const;
  void step(std::span<const PatternPositions> directory, std::string_view name,
            std::vector<PatternPositions>& out) const;

  /// What includes() says of the path that led there.
  Inclusion judge(std::span<const PatternPositions> path) const;

 private:
  /// A pattern that can say something about a directory's entries, and what.
  struct Candidate {
    const Pattern* pattern;
    Pattern::Outlook outlook;
  };

  std::vector<Candidate> candidates(PathParts directory) const;
  static bool rejected(std::span<const Candidate> candidates, PathParts path);

  std::vector<Pattern> patterns_;
  bool fold_ = false;
  bool any_negated_ = false;
};

}  // namespace snapfs
