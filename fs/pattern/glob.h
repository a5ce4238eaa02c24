// A shell pattern for one file name, with the meaning of Go's filepath.Match, which restic's
// exclude patterns are made of (FORMAT §13.6). It knows nothing of directories.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snapfs {

/// `*` any bytes, `?` one character, `[a-z]` and `[^a-z]` one character of or outside a set, `\`
/// takes the meaning from what follows. A byte that is not valid UTF-8 is a character of its own
/// (U+FFFD in a set). A value; thread-safe to read.
class Glob {
 public:
  /// Empty when `text`, which has no slash, is malformed: a set that is not closed or is empty, a
  /// range without an end, a `\` at the end.
  static std::optional<Glob> parse(std::string_view text);

  /// Whether `text` has none of the special characters.
  static bool is_plain(std::string_view text) noexcept;

  bool matches(std::string_view name) const noexcept;

 private:
  struct Piece {
    enum class Kind : std::uint8_t { kText, kAny, kSet };
    Kind kind = Kind::kText;
    bool negated = false;
    std::string text;
    std::vector<std::pair<char32_t, char32_t>> ranges;
  };

  /// What stands between two stars.
  struct Chunk {
    bool after_star = false;
    std::vector<Piece> pieces;
  };

  class Parser;

  static bool takes(const Piece& piece, std::string_view& name) noexcept;
  static std::optional<std::string_view> rest_after(const Chunk& chunk,
                                                    std::string_view name) noexcept;
  static std::optional<std::string_view> find(const Chunk& chunk, std::string_view name,
                                              bool to_the_end) noexcept;

  std::vector<Chunk> chunks_;
};

/// What to tell about `pattern`, a component of which is malformed. `origin` is the option, and the
/// file if there is one, that it comes from.
std::string malformed_pattern(std::string_view pattern, std::string_view origin);

}  // namespace snapfs
