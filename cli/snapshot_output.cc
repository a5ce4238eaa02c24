#include "cli/snapshot_output.h"

#include <fmt/format.h>

#include "cli/global_options.h"
#include "cli/json_object.h"
#include "cli/output.h"
#include "cli/quantity.h"
#include "fs/base/rfc3339.h"

namespace snapfs {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

milliseconds since(std::chrono::steady_clock::time_point start) {
  return duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

SnapshotOutput::SnapshotOutput(const GlobalOptions& options)
    : options_(options),
      reporter_(choose_progress_style(options.json, options.quiet), progress_interval(),
                [this] { return figures(); }) {}

void SnapshotOutput::show_warning(const std::string& path, const std::string& message) {
  reporter_.interject([&] {
    if (!options_.json) {
      print_error(message);
      return;
    }
    JsonObject reason;
    reason.text("message", message);
    JsonObject object;
    object.text("message_type", "error")
        .raw("error", reason.finish())
        .text("during", "archival")
        .text("item", path);
    print_json_error(object.finish());
  });
}

void SnapshotOutput::print_summary(const Snapshot& snapshot) {
  const milliseconds elapsed = since(start_);
  reporter_.interject([&] {
    if (options_.json) {
      print(summary_json(snapshot, elapsed) + "\n");
    } else if (!options_.quiet) {
      print(summary_text(snapshot, elapsed));
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
  return figures;
}

std::string summary_text(const Snapshot& snapshot, milliseconds elapsed) {
  const SnapshotSummary summary = snapshot.summary.value_or(SnapshotSummary{});
  return fmt::format(
      "Files:       {:5} new, {:5} changed, {:5} unmodified\n"
      "Dirs:        {:5} new, {:5} changed, {:5} unmodified\n"
      "Added to the repository: {} ({} stored)\n"
      "\n"
      "processed {} files, {} in {}\n"
      "snapshot {} saved\n",
      summary.files_new, summary.files_changed, summary.files_unmodified, summary.dirs_new,
      summary.dirs_changed, summary.dirs_unmodified, format_size(summary.data_added),
      format_size(summary.data_added_packed), summary.total_files_processed,
      format_size(summary.total_bytes_processed), format_elapsed(duration_cast<seconds>(elapsed)),
      snapshot.id.short_hex());
}

std::string summary_json(const Snapshot& snapshot, milliseconds elapsed) {
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
      .text("backup_end", format_rfc3339(summary.backup_end))
      .text("snapshot_id", snapshot.id.hex());
  return object.finish();
}

}  // namespace snapfs
