#include "cli/output/rewrite_output.h"

#include <fmt/format.h>

#include "cli/option/global_options.h"
#include "cli/output/display_text.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/output/snapshot_title.h"

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
  if (result.emptied) {
    warn(rewrite_.forget ? fmt::format("nothing would be left of it, so it stays as it is; to "
                                       "remove it: snapfs forget {}",
                                       snapshot.id.short_hex())
                         : std::string("nothing is left of it in the new one"));
    if (rewrite_.forget) ++refused_;
  }
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
    print("nothing of it can be read\n");
  } else if (result.id) {
    print(fmt::format("saved new snapshot {}\n", result.id->short_hex()));
  } else {
    print("would save new snapshot\n");
  }
  if (result.old_removed) {
    print(fmt::format("removed old snapshot {}\n", snapshot.id.short_hex()));
  } else if (rewrite_.dry_run && rewrite_.forget) {
    print("would remove old snapshot\n");
  } else if (result.lost) {
    print("it is left as it is: --forget removes it\n");
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
    print(changed_ == 0 ? std::string("no snapshots were modified\n")
                        : fmt::format("{} {} snapshots\n",
                                      rewrite_.dry_run ? "would modify" : "modified", changed_));
  }
}

}  // namespace snapfs
