// snapfs drill: restores a sample of a snapshot, and says whether it came back right.
#include "fs/drill/drill.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/option/metrics_options.h"
#include "cli/option/quantity.h"
#include "cli/output/display_text.h"
#include "cli/output/drill_output.h"
#include "cli/output/output.h"
#include "cli/output/run_metrics.h"
#include "cli/output/snapshot_title.h"
#include "cli/process/process_limits.h"
#include "cli/process/signals.h"
#include "cli/session/lock_option.h"
#include "cli/session/named_snapshot.h"
#include "cli/session/session.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/crypto/random.h"
#include "fs/drill/sample.h"
#include "fs/repo/identity.h"

namespace snapfs {
namespace {

struct DrillArguments {
  std::string snapshot = "latest";
  std::vector<std::string> paths;
  FilterOptions filter;
  std::optional<std::uint32_t> files;
  std::optional<std::uint64_t> bytes;
  std::optional<std::uint32_t> seed;
  std::string target;
};

/// What is restored when nobody says how much.
constexpr std::uint64_t kDefaultItems = 100;
constexpr std::uint64_t kDefaultBytes = std::uint64_t{1} << 30;

SampleRule rule_of(const DrillArguments& arguments) {
  SampleRule rule;
  rule.seed = arguments.seed ? *arguments.seed : random_below(1'000'000);
  rule.paths = arguments.paths;
  for (const std::string& path : rule.paths) {
    if (path.starts_with('/')) continue;
    throw Error(ErrorCode::kUsage,
                "paths in a snapshot begin with a slash, as \"snapfs ls\" shows them", path);
  }
  if (arguments.files) rule.items = *arguments.files;
  if (arguments.bytes) rule.bytes = *arguments.bytes;
  if (!arguments.files && !arguments.bytes && rule.paths.empty()) {
    rule.items = kDefaultItems;
    rule.bytes = kDefaultBytes;
  }
  return rule;
}

/// Without a word of which host "latest" is to be, it is this one: its source is here.
FilterOptions filter_of(const DrillArguments& arguments, const std::string& host) {
  FilterOptions filter = arguments.filter;
  if (filter.filter().hosts.empty() && filter.hosts.empty()) filter.hosts.push_back(host);
  return filter;
}

std::optional<DrillSource> source_of(const GlobalOptions& options, const NamedSnapshot& named,
                                     const std::string& host) {
  const Snapshot& snapshot = named.snapshot;
  if (snapshot.hostname == host) {
    const std::string root = clean_path("/" + named.folder);
    return DrillSource{root == "/" ? "" : root, snapshot.paths, snapshot.time.instant};
  }
  if (!options.quiet) {
    print_warning(options.json, snapshot.id.hex(),
                  fmt::format("snapshot {} is of {}, not of this host: its files are restored, and "
                              "compared with nothing",
                              snapshot.id.short_hex(), displayable(snapshot.hostname)));
  }
  return std::nullopt;
}

void require_items(const Sample& sample, const NamedSnapshot& named) {
  const std::string id = named.snapshot.id.short_hex();
  if (!sample.missing.empty()) {
    std::string names;
    for (const std::string& path : sample.missing) {
      names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", path);
    }
    throw Error(
        ErrorCode::kNotFound,
        fmt::format("snapshot {} has no {}: \"snapfs ls {}\" shows what it has", id, names, id),
        sample.missing.front());
  }
  if (!sample.items.empty() || !sample.unreadable.empty()) return;
  throw Error(ErrorCode::kUsage,
              sample.items_total == 0
                  ? fmt::format("there is nothing in snapshot {} that could be restored: choose "
                                "another one",
                                id)
                  : fmt::format("none of {} items fits: give a larger --bytes or --files",
                                sample.items_total));
}

/// All came back; but who looks at the status alone would think that it is as it was.
void warn_if_nothing_was_compared(const GlobalOptions& options, const DrillFigures& figures) {
  if (figures.compared > 0 || figures.restored() == 0) return;
  print_warning(options.json, "",
                "nothing was compared: everything that was chosen has changed or is gone since the "
                "snapshot; \"snapfs drill latest PATH\" takes what rather stays as it is");
}

ExitCode status_of(const GlobalOptions& options, const DrillFigures& figures) {
  if (const std::uint64_t wrong = figures.different + figures.unreadable; wrong > 0) {
    print_exit_error(options.json, ExitCode::kFatal,
                     fmt::format("{} item{} did not come back right, named above: \"snapfs check "
                                 "--read-data\" says what the repository lacks",
                                 wrong, wrong == 1 ? "" : "s"));
    return ExitCode::kFatal;
  }
  if (figures.closed == 0) return ExitCode::kSuccess;
  print_exit_error(options.json, ExitCode::kIncomplete,
                   fmt::format("everything came back; of {} item{} the source could not be read, "
                               "to be compared: run this as the user who takes the snapshots",
                               figures.closed, figures.closed == 1 ? "" : "s"));
  return ExitCode::kIncomplete;
}

ExitCode run_drill(const GlobalOptions& options, const DrillArguments& arguments,
                   Signals& signals) {
  const SampleRule rule = rule_of(arguments);
  Session session(
      options, signals,
      lock_unless(
          options.no_lock,
          WantedLock(LockMode::kShared).reading(reads_for({arguments.snapshot})).settling_later()));
  const std::string host = Identity::of_process().hostname;
  const NamedSnapshot named =
      open_named_snapshot(options, session, arguments.snapshot, filter_of(arguments, host));
  const Sample sample = choose_sample(session.repository(), named.tree, rule, session.stop());
  require_items(sample, named);
  const std::optional<DrillSource> source = source_of(options, named, host);
  const DrillTask task = {named.snapshot.id, rule.seed, sample.items.size(), sample.items_total,
                          sample.content_bytes};
  if (!options.json && !options.quiet) {
    print(fmt::format("drill of {}\n{}\n", title_of(named.snapshot), drill_task_text(task)));
  }
  reuse_large_buffers();
  DrillOutput output(options, task,
                     [&signals](const std::string& reason) { signals.stop_because(reason); });
  for (const UnreadableDirectory& directory : sample.unreadable) {
    output.item(directory.path, DrillOutcome::kUnreadable, directory.reason);
  }
  if (arguments.target.empty()) {
    drill_to_memory(session.repository(), sample, source, output, session.stop());
  } else {
    drill_to_directory(session.repository(), named.tree, sample,
                       absolute_path(arguments.target, current_directory()), source, output,
                       session.stop());
  }
  output.print_summary();
  if (source) warn_if_nothing_was_compared(options, output.figures());
  if (options.metrics) options.metrics->add_drill(output.figures());
  return status_of(options, output.figures());
}

constexpr const char* kFooter = R"(
Without --files, --bytes and PATH: 100 items, and no more than 1 GiB of content. An item whose
source is on this machine, and was not changed since the snapshot, is compared with it byte by
byte; that others were changed or deleted since is told, and no error. What was restored to DIR
stays there. The same --seed gives the same sample of the same snapshot.
Exit status: 0 all came back right; 1 something came back different or not at all, and is named;
3 all came back, but part of the source could not be read.

Examples:
  snapfs drill                                 # a sample of the latest snapshot of this host
  snapfs drill --bytes 20G --seed 7            # as much as fits in 20 GiB, the same every time
  snapfs drill latest /etc /home/me/photos     # all of these
  snapfs drill --files 1000 --target /tmp/drill   # to look at afterwards)";

}  // namespace

Command drill_command(GlobalOptions& options) {
  Command command("drill", "Restore a sample of a snapshot and compare it with its source");
  DrillArguments& arguments = bind_command(command, options, run_drill);
  command.take_optional("SNAPSHOT", &arguments.snapshot,
                        "An ID or the beginning of one, or \"latest\", the default; with :FOLDER "
                        "behind it, that folder is the root");
  command.take_all("PATH", &arguments.paths,
                   "Only these, and what is below them: absolute paths in the snapshot");
  command.add("Sample",
              {
                  Option("--files", "N", Binding([&arguments](const std::string& text) {
                           arguments.files.emplace();
                           Binding(&*arguments.files).set(text);
                         }),
                         "Restore N items: files, directories, links")
                      .otherwise("100 without --bytes and PATH"),
                  Option("--bytes", "SIZE", Binding([&arguments](const std::string& text) {
                           arguments.bytes = parse_size(text);
                         }),
                         "Restore no more than SIZE (500M, 20G) of content")
                      .otherwise("1G without --files and PATH"),
                  Option("--seed", "N", Binding([&arguments](const std::string& text) {
                           arguments.seed.emplace();
                           Binding(&*arguments.seed).set(text);
                         }),
                         "Choose as the drill did that printed this seed")
                      .otherwise("a new one each time"),
                  {"-t,--target", "DIR", &arguments.target,
                   "Restore to DIR, which is empty or made, instead of to memory"},
              });
  add_filter_options(command, arguments.filter);
  add_metrics_option(command, options);
  command.footer = kFooter;
  return command;
}

}  // namespace snapfs
