// snapfs find: looks for entries and blobs in all snapshots.
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/output/find_output.h"
#include "cli/output/output.h"
#include "cli/process/signals.h"
#include "cli/session/lock_option.h"
#include "cli/session/named_snapshot.h"
#include "cli/session/session.h"
#include "cli/session/snapshot_choice.h"
#include "fs/look/search_rules.h"
#include "fs/look/tree_search.h"
#include "fs/time/moment.h"

namespace snapfs {
namespace {

struct FindArguments {
  std::vector<std::string> patterns;
  FilterOptions filter;
  std::vector<std::string> snapshots;
  std::string oldest;
  std::string newest;
  bool ignore_case = false;
  bool long_format = false;
  bool human_sizes = false;
  bool reverse = false;
  bool blobs = false;
  bool trees = false;
  bool packs = false;
  bool show_packs = false;

  bool looks_for_names() const noexcept { return !blobs && !trees && !packs; }
};

/// What --blob, --tree and --pack ask for.
struct WantedBlobs {
  BlobChoice data;
  BlobChoice trees;
};

using Prefixes = std::vector<std::pair<std::string, IdPrefix>>;

Prefixes parse_prefixes(const std::vector<std::string>& texts) {
  Prefixes prefixes;
  for (const std::string& text : texts) {
    const auto prefix = IdPrefix::parse(text);
    if (!prefix) {
      throw Error(
          ErrorCode::kUsage,
          fmt::format("\"{}\" is no ID: it is 64 hexadecimal digits, or the first of them", text),
          text);
    }
    prefixes.emplace_back(text, *prefix);
  }
  return prefixes;
}

std::unordered_set<std::uint32_t> find_packs(const Index::Contents& contents,
                                             const Prefixes& prefixes) {
  std::unordered_set<std::uint32_t> found;
  for (const auto& [text, prefix] : prefixes) {
    const std::size_t before = found.size();
    for (std::size_t i = 0; i < contents.packs.size(); ++i) {
      if (prefix.matches(contents.packs[i])) found.insert(static_cast<std::uint32_t>(i));
    }
    if (found.size() == before) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("the index lists no pack \"{}\": see \"snapfs list packs\"", text),
                  text);
    }
  }
  return found;
}

WantedBlobs wanted_blobs(Repository& repository, const FindArguments& arguments,
                         const Prefixes& prefixes) {
  WantedBlobs wanted;
  for (const auto& [text, prefix] : prefixes) {
    if (arguments.blobs) wanted.data.add(prefix);
    if (arguments.trees) wanted.trees.add(prefix);
  }
  if (!arguments.packs) return wanted;
  const Index::Contents contents = repository.index().contents();
  const std::unordered_set<std::uint32_t> packs = find_packs(contents, prefixes);
  for (const BlobType type : {BlobType::kData, BlobType::kTree}) {
    BlobChoice& choice = type == BlobType::kData ? wanted.data : wanted.trees;
    contents.tables[static_cast<std::size_t>(type)].for_each([&](const TableEntry& entry) {
      if (packs.contains(entry.pack)) choice.add(entry.id);
    });
  }
  return wanted;
}

/// Says which packs the blobs looked for lie in.
void print_packs(TextOutput& output, Repository& repository, const WantedBlobs& wanted) {
  const Index::Contents contents = repository.index().contents();
  for (const BlobType type : {BlobType::kData, BlobType::kTree}) {
    const BlobChoice& choice = type == BlobType::kData ? wanted.data : wanted.trees;
    if (choice.empty()) continue;
    contents.tables[static_cast<std::size_t>(type)].for_each([&](const TableEntry& entry) {
      if (!choice.contains(entry.id)) return;
      const Id& pack = contents.packs[entry.pack];
      output.write(
          fmt::format("Object belongs to pack {}\n ... Pack {}: <Blob ({}) {}, offset {}, "
                      "length {}, uncompressed length {}>\n",
                      pack.hex(), pack.short_hex(), to_string(type), entry.id.short_hex(),
                      entry.offset, entry.length, entry.uncompressed_length));
    });
  }
}

NameQuery name_query(const FindArguments& arguments, bool json) {
  NameQuery query;
  query.patterns = arguments.patterns;
  query.ignore_case = arguments.ignore_case;
  if (!arguments.oldest.empty()) query.oldest = parse_moment(arguments.oldest);
  if (!arguments.newest.empty()) query.newest = parse_moment(arguments.newest);
  query.wants_nodes = arguments.long_format || json;
  return query;
}

/// Tells every use of the blobs in the file or directory that was found.
void tell_blobs(const FoundNode& found, const WantedBlobs& wanted, FindOutput& output) {
  const Node& node = *found.node;
  if (node.subtree && wanted.trees.contains(*node.subtree)) {
    output.blob({BlobType::kTree, *node.subtree}, found.path, found.parent);
  }
  for (const Id& id : node.content) {
    if (wanted.data.contains(id)) output.blob({BlobType::kData, id}, found.path, found.parent);
  }
}

/// What is done in every snapshot.
class Finder {
 public:
  Finder(Repository& repository, const SearchRule& rule, const WantedBlobs* wanted,
         FindOutput& output, const StopToken& stop)
      : search_(repository, rule, stop), wanted_(wanted), output_(output) {}

  /// In this order.
  void run(std::span<const Snapshot> snapshots) {
    while (!snapshots.empty()) {
      const auto next = snapshots.first(std::min(search_.roots_at_once(), snapshots.size()));
      std::vector<Id> roots;
      for (const Snapshot& snapshot : next) roots.push_back(snapshot.tree);
      search_.search(roots);
      for (const Snapshot& snapshot : next) tell(snapshot);
      snapshots = snapshots.subspan(next.size());
    }
  }

  const TreeSearch& search() const noexcept { return search_; }

 private:
  void tell(const Snapshot& snapshot) {
    output_.begin(snapshot);
    if (wanted_ != nullptr && wanted_->trees.contains(snapshot.tree)) {
      output_.blob({BlobType::kTree, snapshot.tree}, "/", snapshot.tree);
    }
    search_.run(snapshot.tree, [&](const FoundNode& found) {
      if (wanted_ == nullptr) {
        output_.entry(found.path, found.node);
      } else {
        tell_blobs(found, *wanted_, output_);
      }
    });
  }

  TreeSearch search_;
  const WantedBlobs* wanted_;
  FindOutput& output_;
};

ExitCode report_unreadable(bool json, const TreeSearch& search) {
  for (const auto& [tree, error] : search.unreadable()) {
    print_warning(json, tree.hex(),
                  fmt::format("tree {}: this directory was not searched: {}", tree.short_hex(),
                              error.what()));
  }
  if (search.unreadable().empty()) return ExitCode::kSuccess;
  print_exit_error(
      json, ExitCode::kFatal,
      "not everything could be searched; \"snapfs check\" says whether anything is lost");
  return ExitCode::kFatal;
}

ExitCode run_find(const GlobalOptions& options, const FindArguments& arguments, Signals& signals) {
  if (arguments.blobs + arguments.trees + arguments.packs > 1) {
    throw Error(ErrorCode::kUsage, "--blob, --tree and --pack exclude each other: choose one");
  }
  // Mistakes show before a password is asked for.
  const bool names = arguments.looks_for_names();
  const Prefixes prefixes = names ? Prefixes{} : parse_prefixes(arguments.patterns);
  std::unique_ptr<SearchRule> rule =
      names ? make_name_rule(name_query(arguments, options.json)) : nullptr;

  Session session(
      options, signals,
      lock_unless(options.no_lock,
                  WantedLock(LockMode::kShared).reading(kSnapshotsAndIndex).settling_later()));
  Repository& repository = session.repository();
  SnapshotChoice choice(options.json);
  std::vector<Snapshot> snapshots =
      choice.choose(repository, arguments.snapshots, arguments.filter, session.stop());
  if (!arguments.reverse) std::ranges::reverse(snapshots);
  load_index_to_read(options, session);
  session.require_lock();
  const WantedBlobs wanted = wanted_blobs(repository, arguments, prefixes);
  if (!names) rule = make_blob_rule(wanted.data, wanted.trees);

  TextOutput text;
  const std::unique_ptr<FindOutput> output =
      options.json
          ? make_find_json(text)
          : make_find_lines(text, {!options.quiet, arguments.long_format, arguments.human_sizes});
  Finder finder(repository, *rule, names ? nullptr : &wanted, *output, session.stop());
  finder.run(snapshots);
  if (arguments.show_packs && !names && !options.json) print_packs(text, repository, wanted);
  output->finish();
  return choice.finish(report_unreadable(options.json, finder.search()));
}

void add_options(Command& command, FindArguments& arguments) {
  const char* const what = "What to look for";
  command.add(what,
              {
                  {"-i,--ignore-case", &arguments.ignore_case, "Do not tell A from a"},
                  {"-O,--oldest,--newer", "TIME", &arguments.oldest,
                   "Only what was not modified before TIME"},
                  {"-N,--newest,--older", "TIME", &arguments.newest,
                   "Only what was not modified after TIME"},
                  {"--blob", &arguments.blobs, "PATTERN is the ID of a blob: where is it used?"},
                  {"--tree", &arguments.trees, "PATTERN is the ID of a directory's tree"},
                  {"--pack", &arguments.packs, "PATTERN is the ID of a pack: where is it used?"},
              });
  const char* const listing = "Listing";
  command.add(listing,
              {
                  {"-l,--long", &arguments.long_format, "Show mode, owner, size and time, too"},
                  {"--human-readable", &arguments.human_sizes, "Show sizes as 1.500 KiB"},
                  {"-R,--reverse", &arguments.reverse, "Begin with the oldest snapshot"},
                  {"--show-pack-id", &arguments.show_packs,
                   "Say which pack the blobs are in, for --blob, --tree and --pack"},
              });
}

}  // namespace

Command find_command(GlobalOptions& options) {
  Command command("find", "Look for files in all snapshots");
  FindArguments& arguments = bind_command(command, options, run_find);
  command.take_all("PATTERN", &arguments.patterns,
                   "A name or path, with *, ?, [a-z] and ** for any directories", 1);
  add_options(command, arguments);
  add_filter_options(command, arguments.filter);
  command.add("Which snapshots", {"-s,--snapshot", "ID", &arguments.snapshots,
                                  "Only this snapshot: an ID or \"latest\" (may be repeated)"});
  command.footer = R"(
A pattern without a slash in front matches anywhere in a path; what is in a directory that matches
is found, too. The newest snapshot comes first. TIME is a date, with a time behind it or not.

Examples:
  snapfs find report.odt
  snapfs find -l '*.tex' --path /home --oldest 2026-01-01
  snapfs find --blob 1a2b3c4d              # which files is this a part of?
To see what became of one file, use "snapfs log".)";
  return command;
}

}  // namespace snapfs
