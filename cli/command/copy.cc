// snapfs copy: snapshots from one repository into another.
#include "fs/maintain/copy.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/option/quantity.h"
#include "cli/option/source_options.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/output/snapshot_title.h"
#include "cli/output/work_progress.h"
#include "cli/process/process_limits.h"
#include "cli/process/signals.h"
#include "cli/session/lock_option.h"
#include "cli/session/session.h"
#include "cli/session/snapshot_choice.h"
#include "fs/base/error.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {
namespace {

struct CopyArguments {
  FilterOptions filter;
  std::vector<std::string> ids;
  SourceOptions source;
};

class CopyOutput {
 public:
  explicit CopyOutput(const GlobalOptions& global) : global_(global) {}

  void skipped(const CopyCandidate& candidate) {
    ++skipped_;
    if (global_.json) {
      message("skipped", candidate.snapshot, candidate.copied->id);
    } else if (global_.verbosity > 0 && !global_.quiet) {
      print(fmt::format("{}\nskipping source snapshot {}, was already copied to snapshot {}\n",
                        title_of(candidate.snapshot), candidate.snapshot.id.short_hex(),
                        candidate.copied->id.short_hex()));
    }
  }

  void copied(const Snapshot& source, const Id& copy) {
    ++copied_;
    if (global_.json) {
      message("copied", source, copy);
    } else if (!global_.quiet) {
      print(fmt::format("{}\nsnapshot {} saved, copied from source snapshot {}\n", title_of(source),
                        copy.short_hex(), source.id.short_hex()));
    }
  }

  void different_chunks() const {
    if (global_.json || global_.quiet) return;
    print_note(
        "the repositories cut files differently: a file that both hold takes up room twice in the "
        "target");
  }

  void finish(const CopyFigures& figures) const {
    if (global_.json) {
      JsonObject object;
      object.text("message_type", "summary")
          .number("snapshots_copied", copied_)
          .number("snapshots_skipped", skipped_)
          .number("blobs_copied", figures.blobs)
          .number("bytes_copied", figures.bytes);
      print(object.finish() + "\n");
    } else if (!global_.quiet) {
      print(fmt::format("copied {} snapshot{} ({} skipped), {} blobs, {}\n", copied_,
                        copied_ == 1 ? "" : "s", skipped_, figures.blobs,
                        format_size(figures.bytes)));
    }
  }

 private:
  static void message(const char* type, const Snapshot& source, const Id& target) {
    JsonObject object;
    object.text("message_type", type)
        .text("source_id", source.id.hex())
        .text("snapshot_id", target.hex());
    print(object.finish() + "\n");
  }

  const GlobalOptions& global_;
  std::uint64_t copied_ = 0;
  std::uint64_t skipped_ = 0;
};

void require_two_repositories(Repository& source, Repository& target) {
  if (source.config().id != target.config().id) return;
  throw Error(ErrorCode::kUsage,
              fmt::format("{} and {} are the same repository, or copies of one: there is nothing "
                          "to copy",
                          source.files().location(), target.files().location()));
}

ExitCode run_copy(const GlobalOptions& global, const CopyArguments& arguments, Signals& signals) {
  const GlobalOptions other = arguments.source.as_global(global);
  const bool other_way = arguments.source.is_target();
  const GlobalOptions& from = other_way ? global : other;
  const GlobalOptions& to = other_way ? other : global;
  CopyOptions options;
  options.pack_bytes = global.pack_bytes();
  Session source_session(from, signals, lock_unless(global.no_lock, LockMode::kShared));
  Session target_session(to, signals, LockMode::kShared);
  Repository& source = source_session.repository();
  Repository& target = target_session.repository();
  require_two_repositories(source, target);
  const StopToken stop = target_session.stop();
  options.require_locks = [&] {
    source_session.require_lock();
    target_session.require_lock();
  };

  CopyOutput output(global);
  // Snapshots before the index, in both: what they refer to is then in it.
  SnapshotChoice choice(global.json);
  const std::vector<Snapshot> wanted = choice.choose(source, arguments.ids, arguments.filter, stop);
  const std::vector<Snapshot> present = choice.load(target, stop);
  std::vector<Snapshot> lacking;
  for (CopyCandidate& candidate : find_uncopied(wanted, present)) {
    if (candidate.copied != nullptr) {
      output.skipped(candidate);
    } else {
      lacking.push_back(std::move(candidate.snapshot));
    }
  }
  CopyFigures figures;
  if (!lacking.empty()) {
    if (source.config().chunker_polynomial != target.config().chunker_polynomial) {
      output.different_chunks();
    }
    source.load_index(stop);
    target.load_index(stop);
    reuse_large_buffers();
    WorkProgress progress(global);
    const SnapshotCopied copied = [&](const Snapshot& snapshot, const Id& copy) {
      progress.interject([&] { output.copied(snapshot, copy); });
    };
    figures = copy_snapshots(source, target, target_session.clock(), lacking, options, progress,
                             copied, stop);
  }
  output.finish(figures);
  return choice.finish();
}

constexpr const char* kFooter = R"(
The repository of --repo is the target. Everything is decrypted and encrypted again, since the
keys differ; what the target has already is not copied. A snapshot that was copied before is
skipped, so the command can be repeated, and goes on where it was interrupted.

Examples:
  snapfs copy -r /mnt/usb/backup --from-repo /srv/snapshots
  snapfs copy --from-repo /srv/snapshots --from-password-file ~/.old --host web1 latest)";

}  // namespace

Command copy_command(GlobalOptions& global) {
  Command command("copy", "Copy snapshots from another repository");
  CopyArguments& arguments = bind_command(command, global, run_copy);
  command.take_all("ID", &arguments.ids,
                   "Only these: IDs, unambiguous beginnings of them, or \"latest\"");
  add_source_options(command, arguments.source);
  add_filter_options(command, arguments.filter);
  command.footer = kFooter;
  return command;
}

}  // namespace snapfs
