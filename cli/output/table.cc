#include "cli/output/table.h"

#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "cli/output/display_text.h"
#include "cli/process/terminal.h"

namespace snapfs {
namespace {

constexpr std::size_t kGap = 2;

using Lines = std::vector<std::string>;

void append_line(std::string& out, const Lines& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t column = 0; column < cells.size(); ++column) {
    line += cells[column];
    line.append(widths[column] - display_width(cells[column]) + kGap, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

/// No column is made narrower: an ID stays in one piece, and so does a time.
constexpr std::size_t kNarrowest = 20;

std::size_t width_of_all(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(),
                         kGap * (widths.empty() ? 0 : widths.size() - 1));
}

void narrow(std::vector<std::size_t>& widths, std::size_t room) {
  for (std::size_t all = width_of_all(widths); all > room; --all) {
    const auto widest = std::ranges::max_element(widths);
    if (widest == widths.end() || *widest <= kNarrowest) return;
    --*widest;
  }
}

/// The lines, each in pieces that are no wider.
Lines folded(const Lines& lines, std::size_t width) {
  Lines pieces;
  for (std::string_view rest : lines) {
    for (;;) {
      const std::string_view piece = fit_columns(rest, width);
      if (piece.empty() || piece.size() == rest.size()) break;
      pieces.emplace_back(piece);
      rest.remove_prefix(piece.size());
    }
    pieces.emplace_back(rest);
  }
  return pieces;
}

}  // namespace

std::size_t display_width(std::string_view line) noexcept {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

TableCell::TableCell(std::string_view line) : lines_{printable(line)} {}

TableCell::TableCell(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) lines_.push_back(printable(line));
}

std::string Table::text() const {
  return text(::isatty(STDOUT_FILENO) == 1 ? terminal_size(STDOUT_FILENO).columns : 0);
}

std::string Table::text(std::size_t terminal_columns) const {
  std::vector<std::vector<Lines>> rows;
  std::vector<std::size_t> widths;
  for (const std::string& title : titles_) widths.push_back(display_width(title));
  for (const auto& cells : rows_) {
    auto& row = rows.emplace_back();
    for (std::size_t column = 0; column < titles_.size(); ++column) {
      row.push_back(cells.at(column).lines());
      for (const std::string& line : row.back()) {
        widths[column] = std::max(widths[column], display_width(line));
      }
    }
  }
  if (terminal_columns > 0) {
    const std::vector<std::size_t> wanted = widths;
    narrow(widths, terminal_columns);
    for (auto& row : rows) {
      for (std::size_t column = 0; column < row.size(); ++column) {
        if (widths[column] == wanted[column]) continue;
        row[column] = folded(row[column], widths[column]);
      }
    }
  }
  const std::string rule = std::string(width_of_all(widths), '-') + "\n";

  std::string out;
  append_line(out, titles_, widths);
  out += rule;
  for (const auto& row : rows) {
    std::size_t height = 0;
    for (const Lines& cell : row) height = std::max(height, cell.size());
    for (std::size_t i = 0; i < height; ++i) {
      Lines line;
      for (const Lines& cell : row) line.push_back(i < cell.size() ? cell[i] : "");
      append_line(out, line, widths);
    }
  }
  return out + rule;
}

}  // namespace snapfs
