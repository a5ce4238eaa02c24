// Columns of text for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snapfs {

/// A table with a title line and rules around the rows. A cell may have several lines; a row is as
/// high as its highest cell. Not thread-safe.
class Table {
 public:
  explicit Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}

  /// One cell a title.
  void add_row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  /// The table's lines, each ended by a newline and without trailing blanks. Control characters in
  /// cells, other than line ends, are shown as '?': a path must not steer the terminal.
  std::string text() const;

 private:
  std::vector<std::string> titles_;
  std::vector<std::vector<std::string>> rows_;
};

/// How many columns `line` takes on a terminal, to a good approximation: one a code point.
std::size_t display_width(std::string_view line) noexcept;

/// `text` with every control character replaced by '?'.
std::string printable(std::string_view text);

}  // namespace snapfs
