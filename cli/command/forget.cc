// snapfs forget: removes snapshots that a policy does not keep, or that are named.
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/command/keep_elsewhere.h"
#include "cli/command/prune_run.h"
#include "cli/option/forget_options.h"
#include "cli/option/global_options.h"
#include "cli/option/metrics_options.h"
#include "cli/output/display_text.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/output/run_metrics.h"
#include "cli/output/snapshot_table.h"
#include "cli/process/signals.h"
#include "cli/session/id_argument.h"
#include "cli/session/lock_option.h"
#include "cli/session/session.h"
#include "cli/session/snapshot_choice.h"
#include "fs/base/error.h"
#include "fs/repo/file_removal.h"
#include "fs/tree/retention.h"
#include "fs/tree/snapshot_groups.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {
namespace {

/// Before a password is asked for.
void require_intention(const GlobalOptions& global, const ForgetOptions& options,
                       const RetentionPolicy& policy) {
  if (global.no_lock && !options.dry_run) {
    throw Error(ErrorCode::kUsage,
                "--no-lock goes with --dry-run only: others must not use what is removed");
  }
  if (!options.ids.empty()) {
    if (!policy.is_empty()) {
      throw Error(ErrorCode::kUsage,
                  "IDs and a policy do not go together: give the IDs of those to remove, or say "
                  "what to keep");
    }
    require_digits_to_remove(options.ids, "snapshot");
    return;
  }
  if (!policy.is_empty()) return;
  if (!options.allow_remove_all) {
    throw Error(ErrorCode::kUsage,
                "nothing says which snapshots to keep: give a policy such as --keep-daily 7, or "
                "the IDs of those to remove");
  }
  if (options.filter.filter().is_empty()) {
    throw Error(ErrorCode::kUsage,
                "--unsafe-allow-remove-all alone would remove every snapshot of the repository: "
                "select some with --host, --tag or --path");
  }
}

std::string kept_json(const std::vector<KeptSnapshot>& kept) {
  std::vector<Snapshot> snapshots;
  snapshots.reserve(kept.size());
  for (const KeptSnapshot& one : kept) snapshots.push_back(one.snapshot);
  return snapshots_json(snapshots);
}

std::string reasons_json(const std::vector<KeptSnapshot>& kept) {
  std::vector<std::string> objects;
  for (const auto& [snapshot, reasons] : kept) {
    JsonObject object;
    object.raw("snapshot", snapshot_json(snapshot)).texts("matches", reasons);
    objects.push_back(object.finish());
  }
  return fmt::format("[{}]", fmt::join(objects, ","));
}

/// An array, or null like the reference's empty ones.
std::string null_if_empty(std::string array) { return array == "[]" ? "null" : std::move(array); }

std::string group_json(const GroupKey& key, const RetentionVerdict& verdict) {
  JsonObject object;
  object.raw("tags", json_texts_or_null(key.tags))
      .text("host", key.hostname)
      .raw("paths", json_texts_or_null(key.paths))
      .raw("keep", null_if_empty(kept_json(verdict.keep)))
      .raw("remove", null_if_empty(snapshots_json(verdict.remove)))
      .raw("reasons", null_if_empty(reasons_json(verdict.keep)));
  return object.finish();
}

/// What to remove, and what to tell about it.
class Decision {
 public:
  Decision(const GlobalOptions& global, const ForgetOptions& options)
      : global_(global), options_(options) {}

  /// Those that the policy does not keep. Throws Error{kUsage} before anything was removed when it
  /// keeps nothing of a group.
  void apply_policy(const std::vector<Snapshot>& snapshots, const RetentionPolicy& policy,
                    const RetentionTime& time) {
    tell(fmt::format("Applying Policy: {}\n", policy.text()));
    const GroupBy by = GroupBy::parse(options_.group_by);
    for (auto& [key, members] : group_snapshots(snapshots, by)) {
      const RetentionVerdict verdict = apply_retention(std::move(members), policy, time);
      if (verdict.keep.empty() && !policy.is_empty()) {
        throw Error(
            ErrorCode::kUsage,
            fmt::format("the policy keeps no snapshot of {}: nothing was removed; to remove "
                        "them all, give --unsafe-allow-remove-all with --host, --tag or "
                        "--path and no policy",
                        key.text(by)));
      }
      tell_verdict(fmt::format("\n{}:\n", printable(key.text(by))), verdict);
      groups_.push_back(group_json(key, verdict));
      for (const Snapshot& snapshot : verdict.remove) remove_.push_back(snapshot.id);
    }
  }

  void remove(const Id& id) { remove_.push_back(id); }

  const std::vector<Id>& to_remove() const noexcept { return remove_; }

  void print_json() const {
    if (global_.json && !groups_.empty()) print(fmt::format("[{}]\n", fmt::join(groups_, ",")));
  }

  /// For people.
  void tell(const std::string& text) const {
    if (!global_.json && !global_.quiet) print(text);
  }

 private:
  void tell_verdict(const std::string& heading, const RetentionVerdict& verdict) const {
    const TableStyle style = options_.compact ? TableStyle::kCompact : TableStyle::kFull;
    std::string text = heading;
    if (!verdict.keep.empty()) {
      text += fmt::format("keep {} snapshots:\n{}", verdict.keep.size(),
                          snapshot_table(verdict.keep, style));
    }
    if (!verdict.remove.empty()) {
      text += fmt::format("remove {} snapshots:\n{}", verdict.remove.size(),
                          snapshot_table(verdict.remove, style));
    }
    tell(text);
  }

  const GlobalOptions& global_;
  const ForgetOptions& options_;
  std::vector<Id> remove_;
  std::vector<std::string> groups_;
};

std::string short_ids(const std::vector<Id>& ids) {
  std::string out;
  for (const Id& id : ids) out += ' ' + id.short_hex();
  return out;
}

/// Removes them, unless it is a dry run; how many could not be.
std::size_t carry_out(const Decision& decision, const GlobalOptions& global,
                      const ForgetOptions& options, Session& session) {
  const std::vector<Id>& ids = decision.to_remove();
  if (ids.empty()) {
    decision.tell("nothing to remove\n");
    return 0;
  }
  const char* const plural = ids.size() == 1 ? "" : "s";
  if (options.dry_run) {
    decision.tell(
        fmt::format("\nwould remove {} snapshot{}:{}\n", ids.size(), plural, short_ids(ids)));
    return 0;
  }
  session.require_lock();
  const RemovalResult result =
      remove_files(session.repository().files(), FileKind::kSnapshot, ids, session.stop());
  for (const RemovalFailure& failure : result.failures) {
    print_warning(global.json, failure.id.hex(), failure.error.what());
  }
  decision.tell(
      result.failures.empty()
          ? fmt::format("\nremoved {} snapshot{}:{}\n", result.removed, plural, short_ids(ids))
          : fmt::format("\nremoved {} of {} snapshot{}\n", result.removed, ids.size(), plural));
  return result.failures.size();
}

/// What only the snapshots that were removed needed goes, or in a dry run would go. `seen` are all
/// that there were before.
void prune_without(const std::vector<Id>& removed, const std::vector<Snapshot>& seen,
                   const GlobalOptions& global, const ForgetOptions& options, Session& session) {
  PruneOptions prune = options.prune_arguments.options();
  prune.pack_bytes = global.pack_bytes();
  prune.without_snapshots.insert(removed.begin(), removed.end());
  for (const Snapshot& snapshot : seen) {
    if (prune.without_snapshots.contains(snapshot.id)) continue;
    prune.expected_snapshots.insert(snapshot.id);
  }
  // That these were the last ones, somebody has just asked for; nothing else empties a repository.
  prune.allow_no_snapshots = prune.expected_snapshots.empty();
  prune_and_report(session, global, std::move(prune), options.dry_run, PruneReport::kForPeople);
}

/// A damaged one goes, too, when its whole ID is given: nothing else can be done with it.
void remove_named(SnapshotChoice& choice, const std::vector<Snapshot>& all,
                  const ForgetOptions& options, Decision& decision) {
  std::vector<std::string> names;
  for (const std::string& name : options.ids) {
    if (const auto damaged = choice.take_damaged(name)) {
      decision.remove(*damaged);
    } else {
      names.push_back(name);
    }
  }
  if (names.empty()) return;
  for (const Snapshot& snapshot : choice.among(all, names, options.filter)) {
    decision.remove(snapshot.id);
  }
}

/// What is left. When some could not be removed, who knows which: nothing is told.
void measure(const GlobalOptions& global, std::vector<Snapshot> snapshots,
             const std::vector<Id>& removed, std::size_t failed) {
  if (!global.metrics) return;
  global.metrics->count_errors(failed);
  if (failed > 0) return;
  const std::set<Id> gone(removed.begin(), removed.end());
  std::erase_if(snapshots,
                [&gone](const Snapshot& snapshot) { return gone.contains(snapshot.id); });
  global.metrics->add_groups(snapshots);
}

/// Who misspelt a host would forget nothing, night for night.
void warn_of_none(const GlobalOptions& global, const SnapshotFilter& filter) {
  print_warning(global.json, "",
                fmt::format("no snapshot matches {}, so none is forgotten: \"snapfs snapshots\" "
                            "lists those there are",
                            filter.text()));
}

ExitCode run_forget(const GlobalOptions& global, const ForgetOptions& options, Signals& signals) {
  const RetentionPolicy policy = options.policy();
  (void)
      options.prune_arguments.options();  // mistakes show before a removal, with --prune or without
  GroupBy::parse(options.group_by);
  require_intention(global, options, policy);
  WantedLock lock = WantedLock::to_make_room().reading({FileKind::kSnapshot});
  if (!options.dry_run) lock = lock.removing(kKeepSomeElsewhere);
  Session session(global, signals, lock_unless(global.no_lock, std::move(lock)));
  SnapshotChoice choice(global.json, ChoiceFor::kChanging);
  const std::vector<Snapshot> all = choice.load(session.repository(), session.stop());
  Decision decision(global, options);
  if (options.ids.empty()) {
    const std::vector<Snapshot> chosen = choice.among(all, {}, options.filter);
    if (chosen.empty() && !all.empty()) warn_of_none(global, options.filter.filter());
    decision.apply_policy(chosen, policy, {session.clock().now(), TimeZone::local()});
  } else {
    remove_named(choice, all, options, decision);
  }
  if (global.metrics && options.dry_run) global.metrics->call_off();
  const std::size_t failed = carry_out(decision, global, options, session);
  measure(global, all, decision.to_remove(), failed);
  decision.print_json();
  if (failed == 0 && options.prune && !decision.to_remove().empty()) {
    prune_without(decision.to_remove(), all, global, options, session);
  }
  if (failed > 0) {
    print_exit_error(
        global.json, ExitCode::kIncomplete,
        fmt::format("{} snapshot{} could not be removed", failed, failed == 1 ? "" : "s"));
    return ExitCode::kIncomplete;
  }
  return choice.finish();
}

constexpr const char* kFooter = R"(
Snapshots are divided into groups (by host and paths), and the policy is applied to each. Every
option sees every snapshot of the group; what any of them keeps stays. Where there are fewer
snapshots than an option could keep, the oldest stays, too. A policy that would keep nothing of a
group is refused. Removing a snapshot frees no space by itself: --prune does, or "snapfs prune".

Examples:
  snapfs forget --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --dry-run
  snapfs forget --host web1 --keep-within 1y6m --keep-tag release
  snapfs forget --keep-last 10 --prune     # and free the space
  snapfs forget 1a2b3c4d 5e6f7a8b          # just these two)";

}  // namespace

Command forget_command(GlobalOptions& options) {
  Command command("forget", "Remove snapshots, by a policy or by name");
  ForgetOptions& arguments = bind_command(command, options, run_forget);
  add_forget_options(command, arguments);
  add_metrics_option(command, options);
  command.footer = kFooter;
  return command;
}

}  // namespace snapfs
