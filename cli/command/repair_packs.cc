// snapfs repair packs: saves what is intact in damaged packs.
#include "fs/maintain/repair_packs.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/command/keep_elsewhere.h"
#include "cli/command/kept_pack.h"
#include "cli/option/global_options.h"
#include "cli/option/quantity.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/output/work_progress.h"
#include "cli/process/signals.h"
#include "cli/session/cache_directory.h"
#include "cli/session/id_argument.h"
#include "cli/session/session.h"

namespace snapfs {
namespace {

struct RepairPacksArguments {
  std::vector<std::string> packs;
  bool dry_run = false;
};

/// The pack whose ID begins with `text`; a whole ID need not be among those that are there.
Id find_pack(const std::vector<Id>& packs, const std::string& text) {
  if (const std::optional<Id> whole = Id::parse(text)) return *whole;
  std::optional<Id> found;
  for (const Id& pack : packs) {
    if (text.empty() || !pack.hex().starts_with(text)) continue;
    if (found) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("\"{}\" stands for several packs: give more digits", text), text);
    }
    found = pack;
  }
  if (found) return *found;
  throw Error(ErrorCode::kNotFound, fmt::format("no pack's ID begins with \"{}\"", text), text);
}

std::vector<Id> find_packs(Session& session, const std::vector<std::string>& texts) {
  const std::vector<Id> all = session.repository().list(FileKind::kPack, session.stop());
  std::vector<Id> packs;
  packs.reserve(texts.size());
  for (const std::string& text : texts) packs.push_back(find_pack(all, text));
  std::ranges::sort(packs);
  packs.erase(std::unique(packs.begin(), packs.end()), packs.end());
  return packs;
}

std::string summary_json(const RepairedPacks& result, bool dry_run) {
  std::vector<std::string> lost;
  for (const LostBlob& blob : result.lost) lost.push_back(blob.handle.id.hex());
  JsonObject object;
  object.text("message_type", "summary")
      .raw("dry_run", dry_run ? "true" : "false")
      .number("saved_blobs", result.saved_blobs)
      .number("saved_bytes", result.saved_bytes)
      .texts("lost_blobs", lost);
  return object.finish() + "\n";
}

std::string summary_text(const RepairedPacks& result, bool dry_run) {
  std::string text = fmt::format("{} blob{} ({}) {}saved\n", result.saved_blobs,
                                 result.saved_blobs == 1 ? "" : "s",
                                 format_size(result.saved_bytes), dry_run ? "could be " : "");
  if (!result.lost.empty()) {
    text += fmt::format(
        "{} blob{} lost: \"snapfs repair snapshots --forget\" names the files that "
        "consisted of them, and takes them out of all snapshots\n",
        result.lost.size(), result.lost.size() == 1 ? " is" : "s are");
  }
  return text;
}

ExitCode run_repair_packs(const GlobalOptions& options, const RepairPacksArguments& arguments,
                          Signals& signals) {
  const bool dry_run = arguments.dry_run;
  require_digits_to_remove(arguments.packs, "pack");
  Session session(without_cache(options), signals,
                  WantedLock(LockMode::kExclusive).removing(kKeepSomeElsewhere),
                  dry_run ? Writing::kPretended : Writing::kAllowed);
  const std::vector<Id> packs = find_packs(session, arguments.packs);
  session.repository().load_index(session.stop());
  RepairedPacks result;
  {
    WorkProgress progress(options);
    RepairPacksOptions repair;
    repair.pack_bytes = options.pack_bytes();
    repair.keep = [dry_run](const Id& pack, ByteView bytes) {
      if (!dry_run) keep_pack(".", pack, bytes);
    };
    repair.require_lock = [&session] { session.require_lock(); };
    result = repair_packs(session.repository(), session.clock(), packs, repair, progress,
                          session.stop());
    for (const LostBlob& blob : result.lost) {
      progress.warn(fmt::format("{} blob {} of pack {} is lost: {}", to_string(blob.handle.type),
                                blob.handle.id.hex(), blob.pack.short_hex(), blob.reason));
    }
    for (const std::string& reason : result.unreadable) progress.warn(reason);
    for (const std::string& reason : result.not_removed) progress.warn(reason);
  }
  if (options.json) {
    print(summary_json(result, dry_run));
  } else if (!options.quiet) {
    print(summary_text(result, dry_run));
  }
  const std::size_t left = result.unreadable.size() + result.not_removed.size();
  if (left == 0) return ExitCode::kSuccess;
  print_exit_error(options.json, ExitCode::kFatal,
                   fmt::format("{} pack{} still there", left, left == 1 ? " is" : "s are"));
  return ExitCode::kFatal;
}

}  // namespace

Command repair_packs_command(GlobalOptions& options) {
  Command command("packs", "Save what is intact in damaged packs");
  RepairPacksArguments& arguments = bind_command(command, options, run_repair_packs);
  command.take_all(
      "ID", &arguments.packs,
      "The packs, as \"snapfs check --read-data\" names them, or beginnings of their IDs", 1);
  command.add("Options",
              {"-n,--dry-run", &arguments.dry_run, "Say what could be saved, and do nothing"});
  command.footer = R"(
A copy of each pack is kept in the current directory, as pack-ID. What is intact in it is stored
anew, then the pack is taken off the index and removed. Blobs that are lost are named; "snapfs
repair snapshots" then finds the files that they belonged to.

Examples:
  snapfs repair packs -n 4b9fe935          # what can be saved
  snapfs repair packs 4b9fe935 7f3b50f6)";
  return command;
}

}  // namespace snapfs
