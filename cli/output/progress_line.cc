#include "cli/output/progress_line.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/option/quantity.h"
#include "cli/output/display_text.h"
#include "cli/output/json_object.h"
#include "fs/time/duration.h"

namespace snapfs {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFirstRate{500};
constexpr std::size_t kMostFiles = 8;

/// 0…1: files can grow while they are read.
double share(std::uint64_t done, std::uint64_t total) noexcept {
  if (total == 0) return 1.0;
  return std::min(static_cast<double>(done) / static_cast<double>(total), 1.0);
}

/// The share of the bytes that is done; of the files, when nobody counts bytes.
std::optional<double> fraction_done(const ProgressFigures& figures) noexcept {
  if (figures.bytes_total) return share(figures.bytes_done, *figures.bytes_total);
  if (figures.files_total && figures.bytes_done == 0) {
    return share(figures.files_done, *figures.files_total);
  }
  return std::nullopt;
}

/// Not all work is on bytes.
bool counts_bytes(const ProgressFigures& figures) noexcept {
  return figures.bytes_done > 0 || figures.bytes_total || figures.unit == "files";
}

/// As if all that is counted took the same time.
std::optional<seconds> remaining_time_by_files(const ProgressFigures& figures) noexcept {
  const std::optional<double> fraction = fraction_done(figures);
  if (figures.elapsed < kFirstRate || !fraction || *fraction == 0) return std::nullopt;
  const double elapsed = static_cast<double>(figures.elapsed.count()) / 1000;
  return seconds(std::lround(elapsed / *fraction * (1 - *fraction)));
}

}  // namespace

std::uint64_t bytes_per_second(const ProgressFigures& figures) noexcept {
  if (figures.elapsed < kFirstRate) return 0;
  const double in_seconds = static_cast<double>(figures.elapsed.count()) / 1000;
  return static_cast<std::uint64_t>(static_cast<double>(figures.bytes_done) / in_seconds);
}

std::optional<seconds> remaining_time(const ProgressFigures& figures) noexcept {
  if (!figures.bytes_total) return remaining_time_by_files(figures);
  const std::uint64_t rate = bytes_per_second(figures);
  if (rate == 0) return std::nullopt;
  const std::uint64_t done = std::min(figures.bytes_done, *figures.bytes_total);
  return seconds((*figures.bytes_total - done + rate - 1) / rate);
}

namespace {

/// The line, from left to right; what comes first in this order goes first where there is no room.
enum class Drop { kRate, kBytes, kCount, kErrors, kFraction, kElapsed, kNever };

struct LinePart {
  Drop drop;
  std::string text;  ///< with what separates it from the part before
};

std::string count_text(const ProgressFigures& figures) {
  const std::string total = figures.files_total ? fmt::format(" / {}", *figures.files_total) : "";
  return fmt::format("{}{} {}", figures.files_done, total, figures.unit);
}

std::string bytes_text(const ProgressFigures& figures) {
  const std::string total =
      figures.bytes_total ? fmt::format(" / {}", format_size(*figures.bytes_total)) : "";
  return format_size(figures.bytes_done) + total;
}

std::vector<LinePart> line_parts(const ProgressFigures& figures) {
  std::vector<LinePart> parts;
  const auto elapsed = duration_cast<seconds>(figures.elapsed);
  parts.push_back({Drop::kElapsed, fmt::format("[{}] ", format_elapsed(elapsed))});
  if (const auto fraction = fraction_done(figures)) {
    parts.push_back({Drop::kFraction, fmt::format("{:.2f}%  ", *fraction * 100)});
  }
  parts.push_back({Drop::kCount, count_text(figures) + "  "});
  if (counts_bytes(figures) || figures.bytes_total) {
    parts.push_back({Drop::kBytes, bytes_text(figures) + "  "});
  }
  if (const std::uint64_t rate = bytes_per_second(figures)) {
    parts.push_back({Drop::kRate, format_size(rate) + "/s  "});
  }
  if (const auto remaining = remaining_time(figures)) {
    parts.push_back({Drop::kNever, fmt::format("ETA {}  ", format_elapsed(*remaining))});
  }
  if (figures.errors > 0) {
    const char* const plural = figures.errors == 1 ? "" : "s";
    parts.push_back({Drop::kErrors, fmt::format("{} error{}", figures.errors, plural)});
  }
  return parts;
}

std::string joined(const std::vector<LinePart>& parts) {
  std::string line;
  for (const LinePart& part : parts) line += part.text;
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::string progress_line(const ProgressFigures& figures, std::size_t columns) {
  std::vector<LinePart> parts = line_parts(figures);
  std::string line = joined(parts);
  if (columns == 0) return line;
  // One short: some terminals wrap when the last column is written.
  const std::size_t room = columns - 1;
  while (line.size() > room && parts.size() > 1) {
    parts.erase(std::ranges::min_element(parts, {}, &LinePart::drop));
    line = joined(parts);
  }
  line.resize(std::min(line.size(), room));
  return line;
}

std::vector<std::string> progress_lines(const ProgressFigures& figures, const TerminalSize& size) {
  std::vector<std::string> lines = {progress_line(figures, size.columns)};
  // The top line, and one to spare, are not for files.
  const std::size_t room = std::min(kMostFiles, std::max<std::size_t>(size.rows, 2) - 2);
  for (const std::string& file : figures.current_files) {
    if (lines.size() > room) break;
    lines.emplace_back(fit_columns(displayable(file), std::max<std::size_t>(size.columns, 1) - 1));
  }
  return lines;
}

std::string erase_lines(std::size_t count) {
  if (count == 0) return "";
  const std::string up = count > 1 ? fmt::format("\x1b[{}A", count - 1) : "";
  return "\r" + up + "\x1b[J";
}

std::string progress_json(const ProgressFigures& figures) {
  JsonObject object;
  object.text("message_type", "status");
  const auto elapsed = duration_cast<seconds>(figures.elapsed).count();
  if (elapsed > 0) object.number("seconds_elapsed", static_cast<std::uint64_t>(elapsed));
  if (const auto remaining = remaining_time(figures)) {
    object.number("seconds_remaining", static_cast<std::uint64_t>(remaining->count()));
  }
  object.real("percent_done", fraction_done(figures).value_or(0));
  const auto number = [&object](std::string_view key, std::uint64_t value) {
    if (value > 0) object.number(key, value);  // absent means zero, as the consumers expect
  };
  number("total_files", figures.files_total.value_or(0));
  number("files_done", figures.files_done);
  number("total_bytes", figures.bytes_total.value_or(0));
  number("bytes_done", figures.bytes_done);
  number("error_count", figures.errors);
  if (!figures.current_files.empty()) object.texts("current_files", figures.current_files);
  return object.finish();
}

}  // namespace snapfs
