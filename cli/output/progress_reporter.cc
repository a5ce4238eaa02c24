#include "cli/output/progress_reporter.h"

#include <unistd.h>

#include <cstdlib>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/option/setting.h"
#include "cli/output/output.h"
#include "cli/process/terminal.h"
#include "fs/base/error.h"
#include "fs/base/file.h"

namespace snapfs {
namespace {

constexpr std::chrono::milliseconds kDefaultInterval{250};
constexpr std::size_t kUnlimited = 0;
constexpr double kMaxUpdatesPerSecond = 60;

void write_to_terminal(std::string_view text) {
  write_all(STDERR_FILENO, as_bytes(text), "standard error");
}

}  // namespace

ProgressReporter::ProgressReporter(ProgressStyle style, std::chrono::milliseconds interval,
                                   Source figures, ToJson to_json)
    : style_(style),
      interval_(interval),
      figures_(std::move(figures)),
      to_json_(std::move(to_json)) {
  if (style_ == ProgressStyle::kNone) return;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    // The work matters more than its progress.
  }
}

ProgressReporter::~ProgressReporter() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void ProgressReporter::interject(const std::function<void()>& print) {
  const std::lock_guard lock(mutex_);
  try {
    clear_lines();
  } catch (const Error&) {
    lines_shown_ = 0;  // the terminal is gone; what is printed may go elsewhere
  }
  print();
}

void ProgressReporter::run() {
  std::unique_lock lock(mutex_);
  try {
    while (!wake_.wait_for(lock, interval_, [this] { return ending_; })) show();
    clear_lines();
  } catch (const Error&) {
    // The terminal or the reader went away: the snapshot matters more than its progress.
    return;
  }
}

void ProgressReporter::show() {
  const ProgressFigures figures = figures_();
  if (style_ == ProgressStyle::kJson) {
    print(to_json_(figures) + "\n");
    return;
  }
  if (style_ == ProgressStyle::kLog) {
    write_to_terminal(progress_line(figures, kUnlimited) + "\n");
    return;
  }
  const std::vector<std::string> lines = progress_lines(figures, terminal_size(STDERR_FILENO));
  write_to_terminal(erase_lines(lines_shown_) + fmt::format("{}", fmt::join(lines, "\n")));
  lines_shown_ = lines.size();
}

void ProgressReporter::clear_lines() {
  const std::size_t shown = std::exchange(lines_shown_, 0);
  if (shown > 0) write_to_terminal(erase_lines(shown));
}

ProgressStyle choose_progress_style(bool json, bool quiet) {
  if (quiet) return ProgressStyle::kNone;
  if (json) return ProgressStyle::kJson;
  if (log_is_json()) return ProgressStyle::kNone;
  if (can_rewrite_lines(STDERR_FILENO)) return ProgressStyle::kLines;
  return environment_setting("PROGRESS_FPS") ? ProgressStyle::kLog : ProgressStyle::kNone;
}

std::chrono::milliseconds progress_interval() {
  const auto setting = environment_setting("PROGRESS_FPS");
  const double updates = setting ? std::strtod(setting->c_str(), nullptr) : 0;
  if (!(updates > 0)) return kDefaultInterval;
  const double bounded = updates < kMaxUpdatesPerSecond ? updates : kMaxUpdatesPerSecond;
  constexpr double kLongest = 24 * 3600 * 1000.0;
  const double interval = 1000 / bounded;
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(interval < kLongest ? interval : kLongest));
}

}  // namespace snapfs
