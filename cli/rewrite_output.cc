#include "cli/rewrite_output.h"

#include <fmt/format.h>

#include "cli/display_text.h"
#include "cli/global_options.h"
#include "cli/json_object.h"
#include "cli/output.h"
#include "cli/snapshot_choice.h"

namespace snapfs {

void RewriteOutput::begin(const Snapshot& snapshot) {
  current_ = &snapshot;
  titled_ = false;
  ++seen_;
  if (options_.verbosity > 0) title();
}

void RewriteOutput::title() {
  if (titled_ || options_.json || options_.quiet) return;
  titled_ = true;
  print(title_of(*current_) + "\n");
}

void RewriteOutput::warn(std::string_view message) const {
  print_warning(options_.json, current_->id.hex(),
                fmt::format("snapshot {}: {}", current_->id.short_hex(), message));
}

void RewriteOutput::item(const std::string& path, std::string_view what, bool always) {
  if (options_.json) {
    if (!always && options_.verbosity == 0) return;
    JsonObject object;
    object.text("message_type", "change")
        .text("snapshot_id", current_->id.hex())
        .text("item", path)
        .text("action", what);
    print(object.finish() + "\n");
    return;
  }
  if (!always && (options_.quiet || options_.verbosity == 0)) return;
  if (options_.quiet) return warn(fmt::format("{}: {}", displayable(path), what));
  title();
  print(fmt::format("  {}: {}\n", displayable(path), what));
}

void RewriteOutput::end(const Snapshot& snapshot, const RewrittenSnapshot& result) {
  if (!result.changed) return;
  ++changed_;
  if (options_.json) {
    JsonObject object;
    object.text("message_type", "changed").text("old_snapshot_id", snapshot.id.hex());
    if (result.id) object.text("snapshot_id", result.id->hex());
    object.raw("old_removed", result.old_removed ? "true" : "false");
    print(object.finish() + "\n");
    return;
  }
  if (options_.quiet) {
    if (result.lost) warn("nothing of it can be read");
    return;
  }
  title();
  if (result.lost) {
    print("  nothing of it can be read\n");
  } else if (result.id) {
    print(fmt::format("  saved as snapshot {}\n", result.id->short_hex()));
  } else {
    print("  would be saved as a new snapshot\n");
  }
  if (result.old_removed) {
    print("  removed the old snapshot\n");
  } else if (rewrite_.dry_run && rewrite_.forget) {
    print("  the old snapshot would be removed\n");
  } else if (result.lost) {
    print("  it is left as it is: --forget removes it\n");
  }
}

void RewriteOutput::finish() const {
  if (options_.json) {
    JsonObject object;
    object.text("message_type", "summary")
        .number("snapshots_looked_at", seen_)
        .number("snapshots_changed", changed_)
        .raw("dry_run", rewrite_.dry_run ? "true" : "false");
    print(object.finish() + "\n");
  } else if (!options_.quiet) {
    print(fmt::format("{}changed {} of {} snapshot{}\n", rewrite_.dry_run ? "would have " : "",
                      changed_, seen_, seen_ == 1 ? "" : "s"));
  }
}

}  // namespace snapfs
