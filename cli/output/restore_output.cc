#include "cli/output/restore_output.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/option/global_options.h"
#include "cli/option/quantity.h"
#include "cli/output/display_text.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "fs/base/error.h"
#include "fs/time/duration.h"

namespace snapfs {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

std::string_view word_for(RestoreAction action) {
  switch (action) {
    case RestoreAction::kRestored:
      return "restored";
    case RestoreAction::kUpdated:
      return "updated";
    case RestoreAction::kUnchanged:
      return "unchanged";
    case RestoreAction::kDeleted:
      break;
  }
  return "deleted";
}

/// The members that status and summary have in common; what is zero is left out.
void add_counts(JsonObject& object, const RestoreFigures& figures) {
  const auto add = [&object](std::string_view key, std::uint64_t value) {
    if (value > 0) object.number(key, value);
  };
  add("total_files", figures.files_total);
  add("files_restored", figures.files_restored);
  add("files_skipped", figures.files_skipped);
  add("files_deleted", figures.files_deleted);
  add("total_bytes", figures.bytes_total);
  add("bytes_restored", figures.bytes_restored);
  add("bytes_skipped", figures.bytes_skipped);
}

void add_elapsed(JsonObject& object, const RestoreFigures& figures) {
  const auto elapsed = duration_cast<seconds>(figures.elapsed).count();
  if (elapsed > 0) object.number("seconds_elapsed", static_cast<std::uint64_t>(elapsed));
}

}  // namespace

RestoreOutput::RestoreOutput(const GlobalOptions& options, std::string target,
                             std::function<void(std::string)> stop_because)
    : options_(options),
      target_(std::move(target)),
      stop_because_(std::move(stop_because)),
      wants_items_(options.verbosity >= 2),
      reporter_(
          choose_progress_style(options.json, options.quiet), progress_interval(),
          [this] { return progress_figures(); },
          [this](const ProgressFigures&) { return restore_status_json(figures()); }) {}

std::string RestoreOutput::in_target(const std::string& path) const {
  if (target_ == "/") return path;
  return path == "/" ? target_ : target_ + path;
}

void RestoreOutput::show_item(const RestoredItem& item) {
  RestoredItem shown = item;
  if (item.action == RestoreAction::kDeleted) shown.path = in_target(item.path);
  const std::string line = options_.json ? restored_item_json(shown) : restored_item_text(shown);
  try {
    reporter_.interject([&] { print(line + "\n"); });
  } catch (const Error& error) {
    stop_because_(error.what());  // that is no error of the item
  }
}

void RestoreOutput::report_warning(const std::string& path, const std::string& message) {
  const std::string place = in_target(path);
  reporter_.interject([&] {
    print_warning(options_.json, place,
                  options_.json ? message : displayable(place) + ": " + message);
  });
}

void RestoreOutput::show_error(const std::string& path, const std::string& message) {
  reporter_.interject([&] {
    print_item_error(options_.json, "restore", path, message, displayable(path) + ": " + message);
  });
}

void RestoreOutput::print_summary() {
  if (options_.quiet && !options_.json) return;
  const RestoreFigures result = figures();
  const std::string line =
      options_.json ? restore_summary_json(result) : restore_summary_text(result);
  reporter_.interject([&] { print(line + "\n"); });
}

RestoreFigures RestoreOutput::figures() const {
  RestoreFigures figures;
  figures.elapsed =
      duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_);
  figures.files_total = files_total;
  figures.files_restored = files_restored;
  figures.files_skipped = files_skipped;
  figures.files_deleted = files_deleted;
  figures.bytes_total = bytes_total;
  figures.bytes_restored = bytes_restored;
  figures.bytes_skipped = bytes_skipped;
  return figures;
}

ProgressFigures RestoreOutput::progress_figures() const {
  const RestoreFigures now = figures();
  ProgressFigures figures;
  figures.elapsed = now.elapsed;
  figures.files_done = now.files_restored;
  figures.bytes_done = now.bytes_restored;
  figures.files_total = now.files_total;
  figures.bytes_total = now.bytes_total;
  figures.errors = errors;
  return figures;
}

std::string restored_item_text(const RestoredItem& item) {
  const std::string line = fmt::format("{:<9} {}", word_for(item.action), displayable(item.path));
  return item.is_file && item.size > 0 ? line + " with size " + format_size(item.size) : line;
}

std::string restored_item_json(const RestoredItem& item) {
  JsonObject object;
  object.text("message_type", "verbose_status")
      .text("action", word_for(item.action))
      .text("item", item.path)
      .number("size", item.size);
  return object.finish();
}

std::string restore_status_json(const RestoreFigures& figures) {
  JsonObject object;
  object.text("message_type", "status");
  add_elapsed(object, figures);
  const double done = figures.bytes_total == 0 ? 0
                                               : static_cast<double>(figures.bytes_restored) /
                                                     static_cast<double>(figures.bytes_total);
  object.real("percent_done", std::min(done, 1.0));
  add_counts(object, figures);
  return object.finish();
}

std::string restore_summary_text(const RestoreFigures& figures) {
  const bool complete = figures.files_restored == figures.files_total &&
                        figures.bytes_restored == figures.bytes_total;
  std::string text =
      complete ? fmt::format("Summary: Restored {} files/dirs ({})", figures.files_total,
                             format_size(figures.bytes_total))
               : fmt::format("Summary: Restored {} / {} files/dirs ({} / {})",
                             figures.files_restored, figures.files_total,
                             format_size(figures.bytes_restored), format_size(figures.bytes_total));
  text += " in " + format_elapsed(duration_cast<seconds>(figures.elapsed));
  if (figures.files_skipped > 0) {
    text += fmt::format(", skipped {} files/dirs {}", figures.files_skipped,
                        format_size(figures.bytes_skipped));
  }
  if (figures.files_deleted > 0) {
    text += fmt::format(", deleted {} files/dirs", figures.files_deleted);
  }
  return text;
}

std::string restore_summary_json(const RestoreFigures& figures) {
  JsonObject object;
  object.text("message_type", "summary");
  add_elapsed(object, figures);
  add_counts(object, figures);
  return object.finish();
}

}  // namespace snapfs
