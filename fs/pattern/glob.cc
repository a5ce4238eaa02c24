#include "fs/pattern/glob.h"

#include <algorithm>

#include <fmt/format.h>

#include "fs/base/utf8.h"

namespace snapfs {
namespace {

/// The first character; `text` is not empty.
char32_t first_character(std::string_view text, std::size_t& size) noexcept {
  const Rune rune = decode_rune(text);
  size = rune.size;
  return rune.valid ? rune.code_point : kReplacementRune;
}

}  // namespace

class Glob::Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  std::optional<Glob> parse() {
    Glob glob;
    while (!rest_.empty()) {
      Chunk& chunk = glob.chunks_.emplace_back();
      for (; !rest_.empty() && rest_.front() == '*'; rest_.remove_prefix(1)) {
        chunk.after_star = true;
      }
      while (!rest_.empty() && rest_.front() != '*') {
        if (!add_piece(chunk)) return std::nullopt;
      }
    }
    return glob;
  }

 private:
  bool add_piece(Chunk& chunk) {
    switch (take()) {
      case '?':
        chunk.pieces.push_back({.kind = Piece::Kind::kAny, .text = {}, .ranges = {}});
        return true;
      case '[':
        return add_set(chunk);
      case '\\':
        if (rest_.empty()) return false;
        add_byte(chunk, take());
        return true;
      default:
        add_byte(chunk, last_);
        return true;
    }
  }

  static void add_byte(Chunk& chunk, char byte) {
    if (chunk.pieces.empty() || chunk.pieces.back().kind != Piece::Kind::kText) {
      chunk.pieces.emplace_back();
    }
    chunk.pieces.back().text += byte;
  }

  bool add_set(Chunk& chunk) {
    Piece piece{.kind = Piece::Kind::kSet, .text = {}, .ranges = {}};
    if (!rest_.empty() && rest_.front() == '^') {
      piece.negated = true;
      take();
    }
    while (rest_.empty() || rest_.front() != ']' || piece.ranges.empty()) {
      const auto low = take_bound();
      if (!low) return false;
      auto high = low;
      if (rest_.front() == '-') {
        take();
        high = take_bound();
        if (!high) return false;
      }
      piece.ranges.emplace_back(*low, *high);
    }
    take();
    chunk.pieces.push_back(std::move(piece));
    return true;
  }

  /// One end of a range. It is never the last of the pattern: the set has to be closed.
  std::optional<char32_t> take_bound() {
    if (rest_.empty() || rest_.front() == '-' || rest_.front() == ']') return std::nullopt;
    if (rest_.front() == '\\') take();
    if (rest_.empty()) return std::nullopt;
    const Rune rune = decode_rune(rest_);
    if (!rune.valid) return std::nullopt;
    rest_.remove_prefix(rune.size);
    if (rest_.empty()) return std::nullopt;
    return rune.code_point;
  }

  char take() {
    last_ = rest_.front();
    rest_.remove_prefix(1);
    return last_;
  }

  std::string_view rest_;
  char last_ = 0;
};

std::optional<Glob> Glob::parse(std::string_view text) { return Parser(text).parse(); }

bool Glob::is_plain(std::string_view text) noexcept {
  return text.find_first_of("\\[]*?") == std::string_view::npos;
}

/// Each chunk takes the first place where it fits, at the byte; only the last one has to reach the
/// end of the name. That is Go's rule, which differs from trying all places where a character of
/// several bytes could be entered in its middle.
bool Glob::matches(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    if (chunks_[i].pieces.empty()) return true;  // a star at the end
    const auto rest = find(chunks_[i], name, i + 1 == chunks_.size());
    if (!rest) return false;
    name = *rest;
  }
  return name.empty();
}

std::optional<std::string_view> Glob::find(const Chunk& chunk, std::string_view name,
                                           bool to_the_end) noexcept {
  while (true) {
    const auto rest = rest_after(chunk, name);
    if (rest && (rest->empty() || !to_the_end)) return rest;
    if (!chunk.after_star || name.empty()) return std::nullopt;
    name.remove_prefix(1);
  }
}

std::optional<std::string_view> Glob::rest_after(const Chunk& chunk,
                                                 std::string_view name) noexcept {
  for (const Piece& piece : chunk.pieces) {
    if (!takes(piece, name)) return std::nullopt;
  }
  return name;
}

bool Glob::takes(const Piece& piece, std::string_view& name) noexcept {
  if (piece.kind == Piece::Kind::kText) {
    if (!name.starts_with(piece.text)) return false;
    name.remove_prefix(piece.text.size());
    return true;
  }
  if (name.empty()) return false;
  std::size_t size = 0;
  const char32_t character = first_character(name, size);
  name.remove_prefix(size);
  if (piece.kind == Piece::Kind::kAny) return true;
  const bool among = std::ranges::any_of(piece.ranges, [character](const auto& range) {
    return range.first <= character && character <= range.second;
  });
  return among != piece.negated;
}

std::string malformed_pattern(std::string_view pattern, std::string_view origin) {
  return fmt::format(
      "{}: \"{}\" is no pattern: write a set as [abc] or [^a-z], and a \\ in front of a [ or \\ "
      "that "
      "stands for itself",
      origin, pattern);
}

}  // namespace snapfs
