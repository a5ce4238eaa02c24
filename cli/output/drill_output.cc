#include "cli/output/drill_output.h"

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

bool is_failure(DrillOutcome outcome) {
  return outcome == DrillOutcome::kDifferent || outcome == DrillOutcome::kUnreadable;
}

std::string drill_status_json(const DrillTask& task, const DrillFigures& figures) {
  JsonObject object;
  object.text("message_type", "status")
      .number("seconds_elapsed", static_cast<std::uint64_t>(
                                     duration_cast<std::chrono::seconds>(figures.elapsed).count()))
      .real("percent_done",
            task.items == 0 ? 0
                            : static_cast<double>(figures.all()) / static_cast<double>(task.items))
      .number("items_done", figures.all())
      .number("items", task.items)
      .number("bytes_restored", figures.bytes)
      .number("bytes", task.content_bytes);
  return object.finish();
}

}  // namespace

DrillOutput::DrillOutput(const GlobalOptions& options, const DrillTask& task,
                         std::function<void(std::string)> stop_because)
    : options_(options),
      task_(task),
      stop_because_(std::move(stop_because)),
      reporter_(
          choose_progress_style(options.json, options.quiet), progress_interval(),
          [this] { return progress_figures(); },
          [this](const ProgressFigures&) { return drill_status_json(task_, figures()); }) {}

void DrillOutput::item(const std::string& path, DrillOutcome outcome, const std::string& reason) {
  ++counts_[static_cast<std::size_t>(outcome)];
  if (is_failure(outcome)) {
    return reporter_.interject([&] {
      print_item_error(options_.json, "drill", path, reason, displayable(path) + ": " + reason);
    });
  }
  if (outcome == DrillOutcome::kClosed) {
    reporter_.interject([&] {
      print_warning(options_.json, path,
                    options_.json ? reason : fmt::format("{}: {}", displayable(path), reason));
    });
  }
  if (options_.verbosity == 0) return;
  try {
    reporter_.interject([&] { show(path, outcome, reason); });
  } catch (const Error& error) {
    stop_because_(error.what());  // that is no error of the item
  }
}

void DrillOutput::show(const std::string& path, DrillOutcome outcome, const std::string& reason) {
  if (!options_.json) {
    return print(fmt::format("{:<13} {}\n", word_of(outcome), displayable(path)));
  }
  JsonObject object;
  object.text("message_type", "verbose_status").text("action", word_of(outcome)).text("item", path);
  if (!reason.empty()) object.text("reason", reason);
  print(object.finish() + "\n");
}

DrillFigures DrillOutput::figures() const {
  const auto count = [this](DrillOutcome outcome) {
    return counts_[static_cast<std::size_t>(outcome)].load();
  };
  DrillFigures figures;
  figures.compared = count(DrillOutcome::kCompared);
  figures.changed = count(DrillOutcome::kChanged);
  figures.gone = count(DrillOutcome::kGone);
  figures.uncompared = count(DrillOutcome::kUncompared);
  figures.closed = count(DrillOutcome::kClosed);
  figures.different = count(DrillOutcome::kDifferent);
  figures.unreadable = count(DrillOutcome::kUnreadable);
  figures.bytes = bytes_restored;
  figures.elapsed =
      duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_);
  return figures;
}

ProgressFigures DrillOutput::progress_figures() const {
  const DrillFigures now = figures();
  ProgressFigures figures;
  figures.unit = "items";
  figures.elapsed = now.elapsed;
  figures.files_done = now.all();
  figures.bytes_done = now.bytes;
  figures.files_total = task_.items;
  figures.bytes_total = task_.content_bytes;
  figures.errors = now.different + now.unreadable;
  return figures;
}

void DrillOutput::print_summary() {
  if (options_.quiet && !options_.json) return;
  const DrillFigures result = figures();
  const std::string line =
      options_.json ? drill_summary_json(task_, result) : drill_summary_text(result);
  reporter_.interject([&] { print(line + "\n"); });
}

std::string_view word_of(DrillOutcome outcome) noexcept {
  switch (outcome) {
    case DrillOutcome::kCompared:
      return "compared";
    case DrillOutcome::kChanged:
      return "changed_since";
    case DrillOutcome::kGone:
      return "gone_since";
    case DrillOutcome::kUncompared:
      return "uncompared";
    case DrillOutcome::kClosed:
      return "closed";
    case DrillOutcome::kDifferent:
      return "different";
    case DrillOutcome::kUnreadable:
      break;
  }
  return "unreadable";
}

std::string drill_task_text(const DrillTask& task) {
  return fmt::format("{} of {} items ({}), seed {}", task.items, task.items_total,
                     format_size(task.content_bytes), task.seed);
}

std::string drill_summary_text(const DrillFigures& figures) {
  std::string text = fmt::format(
      "Summary: restored {} of {} items ({}) in {}: {} compared and the same, {} changed since, {} "
      "gone since",
      figures.restored(), figures.all(), format_size(figures.bytes),
      format_elapsed(duration_cast<std::chrono::seconds>(figures.elapsed)), figures.compared,
      figures.changed, figures.gone);
  const auto add = [&text](std::uint64_t count, std::string_view what) {
    if (count > 0) text += fmt::format(", {} {}", count, what);
  };
  add(figures.uncompared, "not compared");
  add(figures.closed, "of which the source cannot be read");
  add(figures.different, "different");
  add(figures.unreadable, "unreadable");
  return text;
}

std::string drill_summary_json(const DrillTask& task, const DrillFigures& figures) {
  JsonObject object;
  object.text("message_type", "summary")
      .text("snapshot_id", task.snapshot.hex())
      .number("seed", task.seed)
      .number("total_items", task.items_total)
      .number("items", task.items)
      .number("restored", figures.restored())
      .number("compared", figures.compared)
      .number("changed_since", figures.changed)
      .number("gone_since", figures.gone)
      .number("uncompared", figures.uncompared)
      .number("closed", figures.closed)
      .number("different", figures.different)
      .number("unreadable", figures.unreadable)
      .number("bytes_restored", figures.bytes)
      .real("seconds_elapsed", std::chrono::duration<double>(figures.elapsed).count());
  return object.finish();
}

}  // namespace snapfs
