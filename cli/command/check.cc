// snapfs check: whether a repository is sound.
#include "fs/maintain/check.h"

#include <sys/stat.h>

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/option/metrics_options.h"
#include "cli/output/check_output.h"
#include "cli/output/output.h"
#include "cli/output/run_metrics.h"
#include "cli/process/process_limits.h"
#include "cli/process/signals.h"
#include "cli/session/cache_directory.h"
#include "cli/session/lock_option.h"
#include "cli/session/session.h"
#include "fs/base/error.h"
#include "fs/repo/identity.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {
namespace {

struct CheckArguments {
  FilterOptions filter;
  bool read_data = false;
  std::optional<PackSubset> read_data_subset;
  bool check_unused = false;
  bool with_cache = false;  ///< accepted; nothing is cached that a check reads
  std::vector<std::string> ids;
};

CheckOptions options_of(const CheckArguments& arguments) {
  if (arguments.read_data && arguments.read_data_subset) {
    throw Error(ErrorCode::kUsage,
                "--read-data and --read-data-subset exclude each other: give one");
  }
  CheckOptions options;
  options.snapshots = arguments.ids;
  options.filter = arguments.filter.filter();
  options.find_unused = arguments.check_unused;
  if (arguments.read_data_subset) {
    options.read_data = arguments.read_data_subset;
  } else if (arguments.read_data) {
    options.read_data.emplace();
  }
  return options;
}

/// What snapshots of this machine were taken of, as far as it exists: the newest of each such set.
std::vector<std::string> sources_still_there(Session& session) {
  const std::vector<Snapshot> snapshots =
      load_snapshots(session.repository(), session.stop(), [](const Id&, const Error&) {});
  const std::string host = Identity::of_process().hostname;
  std::set<std::string> sources;
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.hostname != host) continue;
    for (const std::string& path : snapshot.paths) {
      struct stat status {};
      if (::lstat(path.c_str(), &status) == 0) sources.insert(path);
    }
  }
  return {sources.begin(), sources.end()};
}

ExitCode run_check(const GlobalOptions& options, const CheckArguments& arguments,
                   Signals& signals) {
  const CheckOptions what = options_of(arguments);
  Session session(without_cache(options), signals,
                  lock_unless(options.no_lock, WantedLock::to_read(LockMode::kExclusive)));
  CheckVerdict verdict;
  {
    CheckOutput output(options);
    if (what.read_data) reuse_large_buffers();
    verdict = check_repository(session.repository(), what, output, session.stop());
  }
  if (options.metrics) {
    options.metrics->add_check(verdict);
    options.metrics->add_size(session.repository().index().contents());
  }
  const std::vector<std::string> sources =
      verdict.means_loss() ? sources_still_there(session) : std::vector<std::string>();
  print_check_result(options, verdict, sources);
  if (verdict.sound()) return ExitCode::kSuccess;
  print_exit_error(options.json, ExitCode::kFatal,
                   verdict.errors > verdict.unchecked
                       ? "the repository contains errors"
                       : "not all of the repository could be checked; what could be is sound");
  return ExitCode::kFatal;
}

}  // namespace

Command check_command(GlobalOptions& options) {
  Command command("check", "Find out whether a repository is sound");
  CheckArguments& arguments = bind_command(command, options, run_check);
  command.take_all("ID", &arguments.ids,
                   "Only these snapshots: IDs, unambiguous beginnings of them, or \"latest\"");
  command.add(
      "Options",
      {
          Option("--read-data", &arguments.read_data, "Read every byte of every pack")
              .about("which data to read"),
          Option("--read-data-subset", "PART", Binding([&arguments](const std::string& part) {
                   arguments.read_data_subset = PackSubset::parse(part);
                 }),
                 "Read part of the packs: n/t, x% or a size (500M)")
              .about("which data to read"),
          {"--check-unused", &arguments.check_unused,
           "Name the blobs that no chosen snapshot uses"},
          {"--with-cache", &arguments.with_cache,
           "Accepted for compatibility: a check reads the repository, never a cache"},
      });
  add_filter_options(command, arguments.filter);
  add_metrics_option(command, options);
  command.footer = R"(
Without --read-data the index, the packs' sizes, and all snapshots and trees are checked; damage
inside data packs is not seen. A part n/t is the same packs every time: reading 1/12 in January,
2/12 in February and so on reads everything once a year.

Examples:
  snapfs check                             # structure, in seconds
  snapfs check --read-data                 # every byte
  snapfs check --read-data-subset 5%       # a random sample
  snapfs check --read-data latest          # all that the latest snapshot needs
  snapfs check --json | jq .broken_packs)";
  return command;
}

}  // namespace snapfs
