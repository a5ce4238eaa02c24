// snapfs rewrite: snapshots made anew, with something left out or described differently.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/command/keep_elsewhere.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/option/include_exclude_options.h"
#include "cli/output/rewrite_output.h"
#include "cli/process/signals.h"
#include "cli/session/id_argument.h"
#include "cli/session/session.h"
#include "cli/session/snapshot_choice.h"
#include "fs/base/error.h"
#include "fs/maintain/snapshot_rewriter.h"
#include "fs/maintain/tree_editors.h"
#include "fs/pattern/pattern_walk.h"
#include "fs/time/local_time.h"
#include "fs/time/timezone.h"

namespace snapfs {
namespace {

struct RewriteArguments {
  FilterOptions filter;
  std::vector<std::string> ids;
  IncludeExcludeOptions patterns;
  std::string new_host;
  std::string new_time;
  bool snapshot_summary = false;
  bool forget = false;
  bool dry_run = false;

  bool looks_at_trees() const { return patterns.given() || snapshot_summary; }
};

SnapshotEdit edit_of(const RewriteArguments& arguments) {
  SnapshotEdit edit;
  if (!arguments.new_host.empty()) edit.hostname = arguments.new_host;
  if (!arguments.new_time.empty()) {
    edit.time = TimeZone::local().at(parse_time(arguments.new_time));
  }
  edit.count_files = arguments.looks_at_trees();
  return edit;
}

void require_change(const RewriteArguments& arguments) {
  if (arguments.looks_at_trees() || !arguments.new_host.empty() || !arguments.new_time.empty()) {
    return;
  }
  throw Error(ErrorCode::kUsage,
              "nothing is to be changed: give --exclude, --include, --new-host, --new-time or "
              "--snapshot-summary");
}

class PatternRule final : public PathRule {
 public:
  explicit PatternRule(std::vector<PatternList> lists) : walk_(std::move(lists)) {}

  EditState below(EditState directory, std::string_view name) const override {
    return walk_.below(directory, name);
  }
  PathChoice choose(EditState directory) const override {
    return choice_of(walk_.verdict(directory));
  }
  PathChoice choose(EditState directory, std::string_view name) const override {
    return choice_of(walk_.verdict(directory, name));
  }

 private:
  static PathChoice choice_of(const PatternList::Inclusion& inclusion) {
    return {inclusion.item, inclusion.below};
  }

  const PatternWalk walk_;
};

/// What is to become of trees, and by which patterns.
struct TreeEdits {
  std::unique_ptr<PathRule> rule;
  std::unique_ptr<TreeEditor> editor;  ///< null when nobody looks at trees
};

TreeEdits make_edits(const RewriteArguments& arguments, TreeEdited excluded) {
  TreeEdits edits;
  if (!arguments.looks_at_trees()) return edits;
  IncludeExcludeLists lists = arguments.patterns.read();
  const bool includes = !lists.includes.empty();
  edits.rule = std::make_unique<PatternRule>(std::move(includes ? lists.includes : lists.excludes));
  if (includes) {
    edits.editor = std::make_unique<IncludingEditor>(*edits.rule, std::move(excluded));
  } else {
    edits.editor = std::make_unique<ExcludingEditor>(*edits.rule, std::move(excluded));
  }
  return edits;
}

/// As FORMAT §12 has it: only removing needs the repository for itself, and a dry run nothing.
std::optional<WantedLock> lock_for(const RewriteArguments& arguments) {
  if (arguments.dry_run) return std::nullopt;
  if (!arguments.forget) return LockMode::kShared;
  return WantedLock(LockMode::kExclusive).removing(kLeaveOutForget);
}

ExitCode run_rewrite(const GlobalOptions& global, const RewriteArguments& arguments,
                     Signals& signals) {
  require_change(arguments);
  const SnapshotEdit edit = edit_of(arguments);
  SnapshotRewriteOptions options{.dry_run = arguments.dry_run,
                                 .forget = arguments.forget,
                                 .tag = "rewrite",
                                 .pack_bytes = global.pack_bytes()};
  RewriteOutput output(global, options);
  if (arguments.forget) require_digits_to_remove(arguments.ids, "snapshot");
  const TreeEdits edits = make_edits(
      arguments,
      [&](const std::string& path, std::string_view what) { output.item(path, what, false); });
  Session session(global, signals, lock_for(arguments));
  options.require_lock = [&session] { session.require_lock(); };
  SnapshotChoice choice(global.json, ChoiceFor::kChanging);
  const std::vector<Snapshot> chosen =
      choice.choose(session.repository(), arguments.ids, arguments.filter, session.stop());
  if (arguments.looks_at_trees()) session.repository().load_index(session.stop());
  SnapshotRewriter rewriter(session.repository(), session.clock(), edits.editor.get(), options,
                            session.stop());
  rewriter.expect(chosen);
  for (const Snapshot& snapshot : chosen) {
    output.begin(snapshot);
    output.end(snapshot, rewriter.rewrite(snapshot, edit));
  }
  output.finish();
  return choice.finish(output.refused_any() ? ExitCode::kFatal : ExitCode::kSuccess);
}

void add_change_options(Command& command, RewriteArguments& arguments) {
  const char* const group = "What changes";
  add_exclude_options(command, arguments.patterns.excludes, group,
                      "Leave out what matches PATTERN (may be repeated)");
  add_include_options(command, arguments.patterns.includes, group,
                      "Leave out all but what matches PATTERN (may be repeated)");
  command.add(group,
              {
                  {"--new-host", "HOST", &arguments.new_host, "Another host name"},
                  {"--new-time", "TIME", &arguments.new_time,
                   "Another time: \"2026-01-31 12:30:00\", or RFC 3339"},
                  {"-s,--snapshot-summary", &arguments.snapshot_summary,
                   "Record how many files and bytes there are, if that is not known"},
                  {"--forget", &arguments.forget,
                   "Remove the old snapshots; otherwise the new ones get the tag \"rewrite\""},
                  {"-n,--dry-run", &arguments.dry_run, "Only say what would be done"},
              });
}

constexpr const char* kFooter = R"(
Without IDs and filters all snapshots are looked at; one that would not change stays as it is.
Patterns are matched against paths in the snapshot. What was left out takes up its room until
the old snapshots are removed and "snapfs prune" was run.

Examples:
  snapfs rewrite --dry-run -v --exclude '*.iso'
  snapfs rewrite --forget --exclude /home/me/secret.txt
  snapfs rewrite --new-host web2 --host web1)";

}  // namespace

Command rewrite_command(GlobalOptions& global) {
  Command command("rewrite", "Leave something out of snapshots that exist");
  RewriteArguments& arguments = bind_command(command, global, run_rewrite);
  command.take_all("ID", &arguments.ids,
                   "Only these: IDs, unambiguous beginnings of them, or \"latest\"");
  add_change_options(command, arguments);
  add_filter_options(command, arguments.filter);
  command.footer = kFooter;
  return command;
}

}  // namespace snapfs
