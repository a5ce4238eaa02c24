// snapfs repair index: makes the index agree with the packs that are there.
#include "fs/maintain/repair_index.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/command/keep_elsewhere.h"
#include "cli/option/global_options.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/output/work_progress.h"
#include "cli/process/signals.h"
#include "cli/session/cache_directory.h"
#include "cli/session/session.h"

namespace snapfs {
namespace {

struct RepairIndexArguments {
  RepairIndexOptions repair;
  bool dry_run = false;
};

std::vector<std::string> names_of(const std::vector<Id>& ids) {
  std::vector<std::string> names;
  names.reserve(ids.size());
  for (const Id& id : ids) names.push_back(id.hex());
  return names;
}

std::string summary_json(const RepairedIndex& result, bool dry_run) {
  JsonObject object;
  object.text("message_type", "summary")
      .raw("dry_run", dry_run ? "true" : "false")
      .raw("changed", result.changed ? "true" : "false")
      .texts("damaged_index_files", names_of(result.damaged_files))
      .texts("missing_packs", names_of(result.missing_packs))
      .texts("added_packs", names_of(result.added_packs))
      .texts("corrected_packs", names_of(result.corrected_packs))
      .texts("damaged_packs", names_of(result.damaged_packs))
      .texts("unknown_packs", names_of(result.unknown_packs));
  return object.finish() + "\n";
}

void append_lines(std::string& text, const std::vector<Id>& ids, std::string_view thing,
                  std::string_view what) {
  for (const Id& id : ids) text += fmt::format("{} {} {}\n", thing, id.hex(), what);
}

std::string summary_text(const RepairedIndex& result, bool dry_run) {
  std::string text;
  append_lines(text, result.damaged_files, "index file", "was damaged and is replaced");
  append_lines(text, result.missing_packs, "pack", "does not exist, and is listed no more");
  append_lines(text, result.added_packs, "pack", "was in no index, and is listed now");
  append_lines(text, result.corrected_packs, "pack", "is listed as its header says now");
  for (const Id& pack : result.damaged_packs) {
    text += fmt::format(
        "pack {} has a damaged header and is listed as before: run \"snapfs repair "
        "packs {}\"\n",
        pack.hex(), pack.hex());
  }
  append_lines(text, result.unknown_packs, "pack",
               "has a damaged header and is in no index: what it holds is lost");
  if (!result.changed) {
    text += "the index agrees with the packs: nothing to repair\n";
  } else {
    text += fmt::format("{} index file{} replaced{}\n", result.replaced_files,
                        result.replaced_files == 1 ? "" : "s",
                        dry_run ? ", if this had not been a dry run" : "");
  }
  if (!result.missing_packs.empty()) {
    text += "now run \"snapfs check\": what the missing packs held may be stored elsewhere, too\n";
  }
  return text;
}

ExitCode run_repair_index(const GlobalOptions& options, const RepairIndexArguments& arguments,
                          Signals& signals) {
  const bool dry_run = arguments.dry_run;
  Session session(without_cache(options), signals,
                  WantedLock(LockMode::kExclusive).removing(kKeepSomeElsewhere),
                  dry_run ? Writing::kPretended : Writing::kAllowed);
  RepairedIndex result;
  {
    WorkProgress progress(options);
    RepairIndexOptions repair = arguments.repair;
    repair.require_lock = [&session] { session.require_lock(); };
    result = repair_index(session.repository(), session.clock(), repair, progress, session.stop());
  }
  if (options.json) {
    print(summary_json(result, dry_run));
  } else if (!options.quiet) {
    print(summary_text(result, dry_run));
  }
  return ExitCode::kSuccess;
}

}  // namespace

Command repair_index_command(GlobalOptions& options) {
  Command command("index", "Make the index agree with the packs that are there");
  RepairIndexArguments& arguments = bind_command(command, options, run_repair_index);
  command.add("Options",
              {
                  {"--read-all-packs", &arguments.repair.read_all_packs,
                   "Read the header of every pack, and build the index from these"},
                  {"-n,--dry-run", &arguments.dry_run, "Say what would be done, and do nothing"},
              });
  command.footer = R"(
For index files that are damaged or missing, and packs that are missing or not listed. Only the
headers of packs about which the index is wrong are read. A pack that is damaged itself stays
listed, so that "snapfs repair packs" can save what is intact in it.

Examples:
  snapfs repair index -n                   # what is wrong
  snapfs repair index
  snapfs repair index --read-all-packs     # when the index cannot be trusted at all)";
  return command;
}

}  // namespace snapfs
