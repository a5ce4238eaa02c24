// Columns of text for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snapfs {

/// One field of a table, of any number of lines. Whatever the text holds, a line stays one, and
/// nothing in it steers a terminal (display_text.h).
class TableCell {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a row is a list of texts.
  TableCell(std::string_view line);
  TableCell(const std::string& line) : TableCell(std::string_view(line)) {}
  TableCell(const char* line) : TableCell(std::string_view(line)) {}
  TableCell(const std::vector<std::string>& lines);
  // NOLINTEND(google-explicit-constructor)

  const std::vector<std::string>& lines() const noexcept { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// A table with a title line and rules around the rows. A row is as high as its highest cell. Not
/// thread-safe.
class Table {
 public:
  explicit Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}

  /// One cell a title.
  void add_row(std::vector<TableCell> cells) { rows_.push_back(std::move(cells)); }

  /// The table's lines, each ended by a newline and without trailing blanks. Where standard output
  /// is a terminal the table is no wider than that, as far as its columns can be narrowed.
  std::string text() const;

  /// The same for so many columns of the terminal; 0: as many as it takes. The widest columns of
  /// the table are narrowed, and what does not fit in them goes on in the next line.
  std::string text(std::size_t terminal_columns) const;

 private:
  std::vector<std::string> titles_;
  std::vector<std::vector<TableCell>> rows_;
};

/// How many columns `line` takes on a terminal, to a good approximation: one a code point.
std::size_t display_width(std::string_view line) noexcept;

}  // namespace snapfs
