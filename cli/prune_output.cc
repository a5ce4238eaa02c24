#include "cli/prune_output.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/global_options.h"
#include "cli/json_object.h"
#include "cli/output.h"
#include "cli/process_limits.h"
#include "cli/quantity.h"
#include "cli/session.h"
#include "cli/work_progress.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

std::string percentage(std::uint64_t part, std::uint64_t whole) {
  const double share = whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  return fmt::format("{:.2f}%", 100 * share);
}

std::string amount_line(std::string_view title, std::uint64_t blobs, std::uint64_t bytes) {
  return fmt::format("{:<13} {:>10} blobs / {}\n", title, blobs, format_size(bytes));
}

std::string amount_line(std::string_view title, const BlobAmount& amount) {
  return amount_line(title, amount.blobs, amount.bytes);
}

std::string what_there_is(const PruneFigures& figures) {
  std::string text = "\n" + amount_line("used:", figures.used);
  if (figures.duplicate.blobs > 0) text += amount_line("duplicates:", figures.duplicate);
  text += amount_line("unused:", figures.unused);
  if (figures.unreferenced_bytes > 0) {
    text += fmt::format("{:<13} {:>10}         {}\n", "unreferenced:", "",
                        format_size(figures.unreferenced_bytes));
  }
  text += amount_line("total:", figures.total_blobs(), figures.total_bytes());
  return text + fmt::format("unused size: {} of total size\n",
                            percentage(figures.unused_bytes(), figures.total_bytes()));
}

std::string what_changes(const PruneFigures& figures) {
  const std::uint64_t pruned_blobs = figures.removed.blobs + figures.removed_by_repack.blobs;
  std::string text = "\n" + amount_line("to repack:", figures.repacked);
  text += amount_line("this removes:", figures.removed_by_repack);
  text += amount_line("to delete:", figures.removed.blobs,
                      figures.removed.bytes + figures.unreferenced_bytes);
  text += amount_line("total prune:", pruned_blobs, figures.pruned_bytes());
  if (figures.uncompressed_bytes > 0) {
    text += fmt::format("not yet compressed: {:>18}\n", format_size(figures.uncompressed_bytes));
  }
  text +=
      amount_line("remaining:", figures.total_blobs() - pruned_blobs, figures.remaining_bytes());
  return text + fmt::format("unused size after prune: {} ({} of remaining size)\n\n",
                            format_size(figures.unused_bytes_after()),
                            percentage(figures.unused_bytes_after(), figures.remaining_bytes()));
}

std::string what_becomes_of_packs(const PruneFigures& figures) {
  std::string text;
  const auto add = [&text](std::string_view title, std::uint64_t count, std::string_view unit) {
    text += fmt::format("{:<19} {:>10}{}\n", title, count, unit);
  };
  add("totally used packs:", figures.packs_used, "");
  add("partly used packs:", figures.packs_partly_used, "");
  add("unused packs:", figures.packs_unused, "\n");
  add("to keep:", figures.packs_kept, " packs");
  add("to repack:", figures.packs_repacked, " packs");
  add("to delete:", figures.packs_removed, " packs");
  if (figures.packs_unreferenced > 0) {
    add("to delete:", figures.packs_unreferenced, " unreferenced packs");
  }
  return text + "\n";
}

std::string names(const std::vector<Id>& packs) {
  std::vector<std::string> words;
  for (const Id& id : packs) words.push_back(id.short_hex());
  return fmt::format("{}", fmt::join(words, " "));
}

std::string which_packs(const PrunePlan& plan) {
  std::string text;
  const auto add = [&text](std::string_view what, const std::vector<Id>& packs) {
    if (!packs.empty()) text += fmt::format("would have {}: {}\n", what, names(packs));
  };
  add("removed unlisted packs", plan.unreferenced);
  add("repacked", plan.repack);
  add("removed unused packs", plan.remove);
  add("dropped packs that are missing from the index", plan.missing);
  return text;
}

/// What is missing or damaged, check finds with all that belongs to it, and the cure.
PreparedPrune prepare(Session& session, const PruneOptions& options, WorkProgress& progress) {
  try {
    return prepare_prune(session.repository(), options, progress, session.stop());
  } catch (const Error& error) {
    const bool is_loss =
        error.code() == ErrorCode::kDamaged || error.code() == ErrorCode::kNotFound;
    const bool is_advised =
        std::string_view(error.what()).find("snapfs ") != std::string_view::npos;
    if (!is_loss || is_advised) throw;
    throw Error(error.code(), fmt::format("{}; \"snapfs check\" says what to do", error.what()),
                error.subject());
  }
}

[[noreturn]] void throw_with_advice(const Error& error, const PruneOptions& options,
                                    const Id& repository) {
  if (error.code() != ErrorCode::kNoSpace) throw Error(error);
  // What was tried just now is no advice.
  const std::string advice =
      options.policy.max_repack_bytes == 0
          ? fmt::format("\"snapfs prune --unsafe-recover-no-free-space {}\", which needs no room",
                        repository.hex())
          : std::string("\"snapfs prune --max-repack-size 0\", which writes next to nothing");
  throw Error(error.code(),
              fmt::format("{}; every snapshot is still complete: try {}", error.what(), advice),
              error.subject());
}

}  // namespace

std::string prune_text(const PruneFigures& figures, bool verbose) {
  return (verbose ? what_there_is(figures) : "") + what_changes(figures) +
         (verbose ? what_becomes_of_packs(figures) : "");
}

std::string prune_json(const PruneFigures& figures, bool dry_run) {
  JsonObject object;
  object.text("message_type", "prune_summary").raw("dry_run", dry_run ? "true" : "false");
  const auto add = [&object](const std::string& name, const BlobAmount& amount) {
    object.number(name + "_blobs", amount.blobs).number(name + "_bytes", amount.bytes);
  };
  add("used", figures.used);
  add("duplicate", figures.duplicate);
  add("unused", figures.unused);
  add("removed", figures.removed);
  add("repacked", figures.repacked);
  add("removed_by_repack", figures.removed_by_repack);
  object.number("unreferenced_bytes", figures.unreferenced_bytes)
      .number("uncompressed_bytes", figures.uncompressed_bytes)
      .number("total_bytes", figures.total_bytes())
      .number("remaining_bytes", figures.remaining_bytes())
      .number("unused_bytes_after", figures.unused_bytes_after())
      .number("packs_used", figures.packs_used)
      .number("packs_partly_used", figures.packs_partly_used)
      .number("packs_unused", figures.packs_unused)
      .number("packs_unreferenced", figures.packs_unreferenced)
      .number("packs_kept", figures.packs_kept)
      .number("packs_repacked", figures.packs_repacked)
      .number("packs_removed", figures.packs_removed);
  return object.finish();
}

void prune_and_report(Session& session, const GlobalOptions& global, PruneOptions options,
                      bool dry_run, PruneReport report) {
  options.require_lock = [&session] { session.require_lock(); };
  const bool verbose = global.verbosity > 0;
  const bool text = !global.json && !global.quiet;
  WorkProgress progress(global);
  const auto say = [&](const std::string& lines) {
    if (text) progress.interject([&] { print(lines); });
  };
  const PreparedPrune prepared = prepare(session, options, progress);
  const PruneFigures& figures = prepared.plan.figures;
  if (dry_run) say("\nnothing is changed: these are the changes that prune would make\n");
  say(prune_text(figures, verbose));
  if (dry_run && verbose) say(which_packs(prepared.plan));
  if (!dry_run) {
    try {
      reuse_large_buffers();
      execute_prune(session.repository(), session.clock(), prepared, options, progress,
                    session.stop());
    } catch (const Error& error) {
      // That mode says itself what is to be done.
      if (options.recover_no_space) throw;
      throw_with_advice(error, options, session.repository().config().id);
    }
  }
  if (global.json && report == PruneReport::kWhole) print(prune_json(figures, dry_run) + "\n");
  if (!dry_run) say("done\n");
}

}  // namespace snapfs
