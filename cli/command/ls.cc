// snapfs ls: lists what is in a snapshot.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/grammar/word_choice.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/output/ls_output.h"
#include "cli/output/text_output.h"
#include "cli/process/signals.h"
#include "cli/session/lock_option.h"
#include "cli/session/named_snapshot.h"
#include "cli/session/session.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/tree/ordered_walk.h"

namespace snapfs {
namespace {

struct LsArguments {
  std::string snapshot;
  std::vector<std::string> directories;
  FilterOptions filter;
  bool long_format = false;
  bool human_sizes = false;
  bool recursive = false;
  bool ncdu = false;
  bool reverse = false;
  LsOrder order = LsOrder::kName;
};

const std::map<std::string, LsOrder> kOrders = {
    {"name", LsOrder::kName},          {"size", LsOrder::kSize},      {"time", LsOrder::kModified},
    {"mtime", LsOrder::kModified},     {"atime", LsOrder::kAccessed}, {"ctime", LsOrder::kChanged},
    {"extension", LsOrder::kExtension}};

void check(const GlobalOptions& options, const LsArguments& arguments) {
  const auto refuse = [](const char* message) { throw Error(ErrorCode::kUsage, message); };
  if (arguments.ncdu && options.json) refuse("--json and --ncdu exclude each other: choose one");
  if (arguments.ncdu && (arguments.order != LsOrder::kName || arguments.reverse)) {
    refuse("--ncdu has an order of its own: leave out --sort and --reverse");
  }
  for (const std::string& directory : arguments.directories) {
    if (!directory.starts_with('/')) {
      refuse("directories in a snapshot begin with a slash, as \"snapfs ls\" shows them");
    }
  }
}

/// Whether `path` is `directory` or something in it. Both are cleaned.
bool is_within(std::string_view directory, std::string_view path) {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

/// Which entries are shown. Thread-safe.
class LsSelection {
 public:
  LsSelection(const std::vector<std::string>& directories, bool recursive)
      : recursive_(recursive || directories.empty()) {
    for (const std::string& directory : directories) directories_.push_back(clean_path(directory));
    if (directories_.empty()) directories_.emplace_back("/");
  }

  bool shows(std::string_view path) const {
    return std::ranges::any_of(
        directories_, [&](const std::string& directory) { return is_within(directory, path); });
  }

  /// What was named, cleaned.
  const std::vector<std::string>& directories() const noexcept { return directories_; }

  /// Whether enters() says so of every path.
  bool enters_all() const {
    return recursive_ && std::ranges::find(directories_, "/") != directories_.end();
  }

  /// Whether what is in the directory is shown, or something further down.
  bool enters(std::string_view path) const {
    if (recursive_ && shows(path)) return true;
    return std::ranges::any_of(
        directories_, [&](const std::string& directory) { return is_within(path, directory); });
  }

 private:
  std::vector<std::string> directories_;
  const bool recursive_;
};

class LsVisitor final : public WalkVisitor {
 public:
  LsVisitor(const LsSelection& selection, LsOutput& output)
      : selection_(selection),
        output_(output),
        missing_(selection.directories().begin(), selection.directories().end()) {
    missing_.erase("/");
  }

  /// Of what was named, what the walk did not meet.
  const std::set<std::string>& missing() const noexcept { return missing_; }

  void node(const std::string& path, Node& node) override {
    if (!missing_.empty()) missing_.erase(path);
    const bool enters = node.subtree && selection_.enters(path);
    if (selection_.shows(path)) {
      output_.node(path, node);
      if (node.type == NodeType::kDirectory && !enters) output_.leave();
    } else if (enters) {
      output_.passed(path, node);
    }
  }

  void leave(const std::string& /*path*/) override { output_.leave(); }

 private:
  const LsSelection& selection_;
  LsOutput& output_;
  std::set<std::string> missing_;
};

std::unique_ptr<LsOutput> make_output(TextOutput& text, const GlobalOptions& options,
                                      const LsArguments& arguments) {
  std::unique_ptr<LsOutput> output;
  if (arguments.ncdu) {
    output = make_ncdu_output(text);
  } else if (options.json) {
    output = make_json_output(text);
  } else {
    output = make_line_output(text, {!options.quiet, arguments.long_format, arguments.human_sizes});
  }
  if (arguments.order == LsOrder::kName && !arguments.reverse) return output;
  return make_sorted_output(std::move(output), arguments.order, arguments.reverse);
}

ExitCode run_ls(const GlobalOptions& options, const LsArguments& arguments, Signals& signals) {
  check(options, arguments);
  Session session(
      options, signals,
      lock_unless(
          options.no_lock,
          WantedLock(LockMode::kShared).reading(reads_for({arguments.snapshot})).settling_later()));
  const NamedSnapshot named =
      open_named_snapshot(options, session, arguments.snapshot, arguments.filter);
  TextOutput text;
  const std::unique_ptr<LsOutput> output = make_output(text, options, arguments);
  output->begin(named.snapshot, arguments.directories);
  const LsSelection selection(arguments.directories, arguments.recursive);
  LsVisitor visitor(selection, *output);
  const auto into = [&](const WalkPlace& place, const Node&) {
    return selection.enters_all() || selection.enters(place.path());
  };
  walk_in_order(session.repository(), named.tree, into, visitor, session.stop());
  output->finish();
  if (visitor.missing().empty()) return ExitCode::kSuccess;
  std::string names;
  for (const std::string& path : visitor.missing()) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", path);
  }
  throw Error(ErrorCode::kNotFound,
              fmt::format("snapshot {} has no {}: \"snapfs ls {}\" shows what it has",
                          named.snapshot.id.short_hex(), names, named.snapshot.id.short_hex()),
              *visitor.missing().begin());
}

void add_options(Command& command, LsArguments& arguments) {
  const char* const listing = "Listing";
  command.add(
      listing,
      {
          {"-l,--long", &arguments.long_format, "Show mode, owner, size and time, too"},
          {"--human-readable", &arguments.human_sizes, "Show sizes as 1.500 KiB"},
          {"--recursive", &arguments.recursive, "Show all that is below the directories named"},
          {"-s,--sort", "ORDER", word_of(kOrders, &arguments.order),
           "Sort by name, size, time (or mtime), atime, ctime or extension"},
          {"--reverse", &arguments.reverse, "Show the last one first"},
          {"--ncdu", &arguments.ncdu, "Write what \"ncdu -f -\" reads"},
      });
}

}  // namespace

Command ls_command(GlobalOptions& options) {
  Command command("ls", "List what is in a snapshot");
  LsArguments& arguments = bind_command(command, options, run_ls);
  command.take("SNAPSHOT", &arguments.snapshot,
               "An ID or the beginning of one, or \"latest\"; with :FOLDER behind it, that "
               "folder is the root");
  command.take_all("DIR", &arguments.directories,
                   "Only these directories: absolute paths in the snapshot");
  add_options(command, arguments);
  add_filter_options(command, arguments.filter);
  command.footer = R"(
--host, --tag and --path say which snapshot is "latest".

Examples:
  snapfs ls latest                         # everything in it
  snapfs ls -l latest /home/me             # one directory, not what is below it
  snapfs ls -l latest:/home/me --sort size --reverse --human-readable
  snapfs ls --ncdu latest | ncdu -f -)";
  return command;
}

}  // namespace snapfs
