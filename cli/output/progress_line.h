// What a running command shows: figures in, lines of text or JSON out. Pure functions; the thread
// that calls them now and then is progress_reporter.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/process/terminal.h"

namespace snapfs {

/// How far a run has come. Totals are empty as long as nobody has counted the source.
struct ProgressFigures {
  std::string_view unit = "files";  ///< what is counted; a literal
  std::chrono::milliseconds elapsed{0};
  std::uint64_t files_done = 0;
  std::uint64_t bytes_done = 0;
  std::optional<std::uint64_t> files_total;
  std::optional<std::uint64_t> bytes_total;
  std::uint64_t errors = 0;
  std::vector<std::string> current_files;
};

/// Bytes a second since the start; 0 in the first moments, when it would say nothing.
std::uint64_t bytes_per_second(const ProgressFigures& figures) noexcept;

/// The time that what is left will take at the rate so far; empty when nobody can tell.
std::optional<std::chrono::seconds> remaining_time(const ProgressFigures& figures) noexcept;

/// "[0:12] 34.21%  1234 / 5000 files  1.234 GiB / 3.200 GiB  103.000 MiB/s  ETA 0:19", with fewer
/// parts where it would not fit `columns` but for the last one; the ETA stays the longest. 0
/// columns: as many as it takes.
std::string progress_line(const ProgressFigures& figures, std::size_t columns);

/// That line, and below it the files that are being read, as many as a terminal of that size has
/// room for. No line fills the last column.
std::vector<std::string> progress_lines(const ProgressFigures& figures, const TerminalSize& size);

/// What a terminal has to be sent to lose the last `count` lines, in the last of which the cursor
/// is.
std::string erase_lines(std::size_t count);

/// {"message_type":"status",…}, without a newline.
std::string progress_json(const ProgressFigures& figures);

}  // namespace snapfs
