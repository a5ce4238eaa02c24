#include "cli/command/prune_run.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/option/global_options.h"
#include "cli/output/output.h"
#include "cli/output/prune_output.h"
#include "cli/output/run_metrics.h"
#include "cli/output/work_progress.h"
#include "cli/process/process_limits.h"
#include "cli/session/session.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

std::string names(const std::vector<Id>& packs) {
  std::vector<std::string> words;
  words.reserve(packs.size());
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
  if (global.metrics && !dry_run) global.metrics->add_prune(figures);
  if (global.json && report == PruneReport::kWhole) print(prune_json(figures, dry_run) + "\n");
  if (!dry_run) say("done\n");
}

}  // namespace snapfs
