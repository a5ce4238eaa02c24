#include "cli/output/snapshot_output.h"

#include <utility>

#include <fmt/format.h>

#include "cli/option/global_options.h"
#include "cli/option/quantity.h"
#include "cli/output/item_line.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "fs/time/duration.h"
#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Programs get the items as soon as they ask for more, people only when they insist.
constexpr int kVerbose = 1;
constexpr int kItems = 2;

milliseconds since(std::chrono::steady_clock::time_point start) {
  return duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

SnapshotOutput::SnapshotOutput(const GlobalOptions& options, SnapshotPaths paths, bool dry_run)
    : options_(options),
      paths_(std::move(paths)),
      style_{dry_run, options.verbosity >= kVerbose},
      wants_items_(!options.quiet && options.verbosity >= (options.json ? kVerbose : kItems)),
      reporter_(choose_progress_style(options.json, options.quiet), progress_interval(),
                [this] { return figures(); }) {}

void SnapshotOutput::show_warning(const std::string& path, const std::string& message) {
  reporter_.interject([&] { print_item_error(options_.json, "archival", path, message, message); });
}

void SnapshotOutput::show_stream_failure(const std::string& path, const std::string& message) {
  if (options_.json) show_warning(path, message);
}

void SnapshotOutput::show_note(const std::string& path, const std::string& message) {
  reporter_.interject([&] { print_warning(options_.json, path, message); });
}

void SnapshotOutput::rule_failed(const std::string& path, const std::string& message) {
  reporter_.interject([&] { print_warning(options_.json, path, message); });
}

void SnapshotOutput::left_out(const std::string& path, const std::string& message) {
  if (options_.verbosity == 0) return;
  reporter_.interject([&] {
    if (!options_.json) return print_note(message);
    JsonObject object;
    object.text("message_type", "verbose_status").text("action", "excluded").text("item", path);
    print_json_error(LogLevel::kInfo, object.finish(), message);
  });
}

void SnapshotOutput::show_item(const ItemReport& item) {
  const std::string path = paths_.stored_path(item.path);
  const std::string line = options_.json ? item_json(item, path) : item_text(item, path);
  reporter_.interject([&] { print(line + "\n"); });
}

void SnapshotOutput::show_scan() {
  if (options_.quiet || !style_.verbose) return;
  const auto show = options_.json ? scan_json : scan_text;
  const std::string line = show(files_total, bytes_total, since(start_));
  reporter_.interject([&] { print(line + "\n"); });
}

void SnapshotOutput::print_summary(const Snapshot& snapshot) {
  const milliseconds elapsed = since(start_);
  reporter_.interject([&] {
    if (options_.json) {
      print(summary_json(snapshot, elapsed, style_) + "\n");
    } else if (!options_.quiet) {
      print(summary_text(snapshot, elapsed, style_));
    }
  });
}

ProgressFigures SnapshotOutput::figures() const {
  ProgressFigures figures;
  figures.elapsed = since(start_);
  figures.files_done = files_done;
  figures.bytes_done = bytes_done;
  if (scan_complete) {
    figures.files_total = files_total;
    figures.bytes_total = bytes_total;
  }
  figures.errors = errors;
  figures.current_files = current_files_.paths(paths_);
  return figures;
}

std::string problems_text(std::uint64_t problems, std::uint64_t missing) {
  const std::string named =
      fmt::format("{} problem{}, named above", problems, problems == 1 ? "" : "s");
  if (missing == 0) {
    return named +
           ": everything was stored, but not all that earlier snapshots need could be read from "
           "the repository; see \"snapfs check\"";
  }
  return fmt::format(
      "Warning: at least one source file could not be read: {}; what could not be read is not in "
      "the snapshot",
      named);
}

std::string summary_text(const Snapshot& snapshot, milliseconds elapsed,
                         const SummaryStyle& style) {
  const SnapshotSummary summary = snapshot.summary.value_or(SnapshotSummary{});
  std::string text = fmt::format(
      "\nFiles:       {:5} new, {:5} changed, {:5} unmodified\n"
      "Dirs:        {:5} new, {:5} changed, {:5} unmodified\n",
      summary.files_new, summary.files_changed, summary.files_unmodified, summary.dirs_new,
      summary.dirs_changed, summary.dirs_unmodified);
  if (style.verbose) {
    text += fmt::format("Data Blobs:  {:5} new\nTree Blobs:  {:5} new\n", summary.data_blobs,
                        summary.tree_blobs);
  }
  text += fmt::format(
      "{} to the repository: {:<5} ({:<5} stored)\n\nprocessed {} files, {} in {}\n",
      style.dry_run ? "Would add" : "Added", format_size(summary.data_added),
      format_size(summary.data_added_packed), summary.total_files_processed,
      format_size(summary.total_bytes_processed), format_elapsed(duration_cast<seconds>(elapsed)));
  if (style.dry_run) return text;
  return text + (snapshot.id.is_null()
                     ? "skipped creating snapshot\n"
                     : fmt::format("snapshot {} saved\n", snapshot.id.short_hex()));
}

std::string summary_json(const Snapshot& snapshot, milliseconds elapsed,
                         const SummaryStyle& style) {
  const SnapshotSummary summary = snapshot.summary.value_or(SnapshotSummary{});
  JsonObject object;
  object.text("message_type", "summary")
      .number("files_new", summary.files_new)
      .number("files_changed", summary.files_changed)
      .number("files_unmodified", summary.files_unmodified)
      .number("dirs_new", summary.dirs_new)
      .number("dirs_changed", summary.dirs_changed)
      .number("dirs_unmodified", summary.dirs_unmodified)
      .number("data_blobs", summary.data_blobs)
      .number("tree_blobs", summary.tree_blobs)
      .number("data_added", summary.data_added)
      .number("data_added_packed", summary.data_added_packed)
      .number("total_files_processed", summary.total_files_processed)
      .number("total_bytes_processed", summary.total_bytes_processed)
      .real("total_duration", static_cast<double>(elapsed.count()) / 1000)
      .text("backup_start", format_rfc3339(summary.backup_start))
      .text("backup_end", format_rfc3339(summary.backup_end));
  // The ID that it would have, when nothing is written; none when it is skipped.
  if (!snapshot.id.is_null()) object.text("snapshot_id", snapshot.id.hex());
  if (style.dry_run) object.raw("dry_run", "true");
  return object.finish();
}

}  // namespace snapfs
