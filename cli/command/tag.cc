// snapfs tag: gives snapshots other tags.
#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/process/signals.h"
#include "cli/session/session.h"
#include "cli/session/snapshot_choice.h"
#include "fs/base/error.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tag_change.h"

namespace snapfs {
namespace {

struct TagArguments {
  std::vector<std::string> set;  ///< as typed: several in one, separated by commas
  std::vector<std::string> add;
  std::vector<std::string> remove;
  FilterOptions filter;
  std::vector<std::string> ids;
};

std::vector<std::string> split_all(const std::vector<std::string>& lists) {
  std::vector<std::string> tags;
  for (const std::string& list : lists) {
    for (std::string& tag : split_tags(list)) {
      // A variable that is not set names no tag, and none is called "".
      if (!tag.empty()) tags.push_back(std::move(tag));
    }
  }
  return tags;
}

TagChange parse_change(const TagArguments& arguments) {
  TagChange change{split_all(arguments.set), split_all(arguments.add), split_all(arguments.remove)};
  if (arguments.set.empty() && arguments.add.empty() && arguments.remove.empty()) {
    throw Error(ErrorCode::kUsage, "nothing to do: give --set, --add or --remove with tags");
  }
  if (!arguments.set.empty() && change.set.empty()) {
    throw Error(ErrorCode::kUsage,
                "--set names no tag, and was not carried out: --remove TAG takes tags away");
  }
  if (!change.set.empty() && !(change.add.empty() && change.remove.empty())) {
    throw Error(ErrorCode::kUsage,
                "--set goes neither with --add nor with --remove: it replaces all tags");
  }
  for (const auto* const tags : {&change.set, &change.add}) {
    if (std::find(tags->begin(), tags->end(), kPartialTag) != tags->end()) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("the tag \"{}\" marks what interrupted runs leave: choose another",
                              kPartialTag));
    }
  }
  return change;
}

/// Tells of each change and counts them.
class TagReport {
 public:
  explicit TagReport(const GlobalOptions& options) : options_(options) {}

  void changed(const Id& old_id, const Id& new_id) {
    ++changed_;
    if (options_.json) {
      JsonObject object;
      object.text("message_type", "changed")
          .text("old_snapshot_id", old_id.hex())
          .text("new_snapshot_id", new_id.hex());
      print(object.finish() + "\n");
    } else if (options_.verbosity > 0) {
      print(fmt::format("{} is now {}\n", old_id.hex(), new_id.hex()));
    }
  }

  void finish() const {
    if (options_.json) {
      JsonObject object;
      object.text("message_type", "summary").number("changed_snapshots", changed_);
      print(object.finish() + "\n");
    } else if (!options_.quiet) {
      print(changed_ == 0 ? std::string("no snapshots were modified\n")
                          : fmt::format("modified {} snapshots\n", changed_));
    }
  }

 private:
  const GlobalOptions& options_;
  std::size_t changed_ = 0;
};

ExitCode run_tag(const GlobalOptions& options, const TagArguments& arguments, Signals& signals) {
  const TagChange change = parse_change(arguments);
  Session session(options, signals,
                  WantedLock(LockMode::kExclusive)
                      .removing("take the next snapshot with the tag: \"snapfs snapshot --tag\""));
  Repository& repository = session.repository();
  SnapshotChoice choice(options.json, ChoiceFor::kChanging);
  TagReport report(options);
  for (const Snapshot& snapshot :
       choice.choose(repository, arguments.ids, arguments.filter, session.stop())) {
    Snapshot changed = snapshot;
    changed.tags = change.apply_to(snapshot.tags);
    if (change.set.empty() && changed.tags == snapshot.tags) continue;
    session.require_lock();
    report.changed(snapshot.id, replace_snapshot(repository, snapshot, changed, session.stop()));
  }
  report.finish();
  return choice.finish();
}

}  // namespace

Command tag_command(GlobalOptions& options) {
  Command command("tag", "Change the tags of snapshots");
  TagArguments& arguments = bind_command(command, options, run_tag);
  command.take_all("ID", &arguments.ids,
                   "Only these: IDs, unambiguous beginnings of them, or \"latest\"");
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* text) {
    command.add("Change", {name, "TAGS", &values, text});
  };
  add("--set", arguments.set, "Replace all tags by TAG[,TAG...]");
  add("--add", arguments.add, "Add TAG[,TAG...] (may be repeated)");
  add("--remove", arguments.remove, "Remove TAG[,TAG...] (may be repeated)");
  add_filter_options(command, arguments.filter);
  command.footer = R"(
A snapshot with other tags is another snapshot: it gets a new ID, and remembers the first one.

Examples:
  snapfs tag --add release 1a2b3c4d
  snapfs tag --remove nightly --host web1)";
  return command;
}

}  // namespace snapfs
