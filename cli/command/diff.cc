// snapfs diff: what differs between two snapshots.
#include "fs/look/diff.h"

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/option/quantity.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/output/text_output.h"
#include "cli/process/signals.h"
#include "cli/session/lock_option.h"
#include "cli/session/named_snapshot.h"
#include "cli/session/session.h"

namespace snapfs {
namespace {

struct DiffArguments {
  std::string before;
  std::string after;
  bool metadata = false;
};

class DiffOutput final : public DiffVisitor {
 public:
  DiffOutput(TextOutput& output, bool json) : output_(output), json_(json) {}

  void change(const std::string& path, std::string_view modifiers) override {
    if (!json_) return output_.write(fmt::format("{:<5}{}\n", modifiers, output_.name(path)));
    JsonObject object;
    object.text("message_type", "change").text("path", path).text("modifier", modifiers);
    output_.write(object.finish() + "\n");
  }

  void unreadable(const std::string& path, const Error& error) override {
    ++unreadable_;
    print_warning(json_, path, fmt::format("{} was not compared: {}", path, error.what()));
  }

  std::uint64_t unreadable_count() const noexcept { return unreadable_; }

 private:
  TextOutput& output_;
  const bool json_;
  std::uint64_t unreadable_ = 0;
};

std::string json_counts(const DiffCounts& counts) {
  JsonObject object;
  object.number("files", counts.files).number("dirs", counts.directories);
  object.number("others", counts.others).number("data_blobs", counts.data_blobs);
  object.number("tree_blobs", counts.tree_blobs).number("bytes", counts.bytes);
  return object.finish();
}

std::string json_summary(const DiffArguments& arguments, const DiffSummary& summary) {
  JsonObject object;
  object.text("message_type", "statistics").text("source_snapshot", arguments.before);
  object.text("target_snapshot", arguments.after).number("changed_files", summary.changed_files);
  object.raw("added", json_counts(summary.added)).raw("removed", json_counts(summary.removed));
  return object.finish() + "\n";
}

std::string text_summary(const DiffSummary& summary) {
  const DiffCounts& added = summary.added;
  const DiffCounts& removed = summary.removed;
  std::string text = fmt::format("\nFiles:       {:5} new, {:5} removed, {:5} changed\n",
                                 added.files, removed.files, summary.changed_files);
  const auto line = [&](std::string_view title, std::uint64_t more, std::uint64_t fewer) {
    text += fmt::format("{:<12} {:5} new, {:5} removed\n", title, more, fewer);
  };
  line("Dirs:", added.directories, removed.directories);
  line("Others:", added.others, removed.others);
  line("Data Blobs:", added.data_blobs, removed.data_blobs);
  line("Tree Blobs:", added.tree_blobs, removed.tree_blobs);
  return text + fmt::format("  Added:   {:<5}\n  Removed: {:<5}\n", format_size(added.bytes),
                            format_size(removed.bytes));
}

ExitCode run_diff(const GlobalOptions& options, const DiffArguments& arguments, Signals& signals) {
  Session session(
      options, signals,
      lock_unless(options.no_lock, WantedLock(LockMode::kShared)
                                       .reading(reads_for({arguments.before, arguments.after}))
                                       .settling_later()));
  const NamedSnapshot before = open_compared_snapshot(options, session, arguments.before);
  const NamedSnapshot after = open_compared_snapshot(options, session, arguments.after);
  TextOutput text;
  if (!options.json && !options.quiet) {
    text.write(fmt::format("comparing snapshot {} to {}:\n\n", before.snapshot.id.short_hex(),
                           after.snapshot.id.short_hex()));
  }
  DiffOutput output(text, options.json);
  const DiffSummary summary = diff_trees(
      session.repository(), before.tree, after.tree,
      arguments.metadata ? DiffMetadata::kTold : DiffMetadata::kIgnored, output, session.stop());
  text.write(options.json ? json_summary(arguments, summary) : text_summary(summary));
  text.finish();
  if (output.unreadable_count() == 0) return ExitCode::kSuccess;
  print_exit_error(
      options.json, ExitCode::kFatal,
      "not everything could be compared; \"snapfs check\" says whether anything is lost");
  return ExitCode::kFatal;
}

}  // namespace

Command diff_command(GlobalOptions& options) {
  Command command("diff", "Show what differs between two snapshots");
  DiffArguments& arguments = bind_command(command, options, run_diff);
  command.take("OLDER", &arguments.before,
               "A snapshot: an ID, the beginning of one, or \"latest\"; with :FOLDER behind it "
               "only that folder");
  command.take("NEWER", &arguments.after, "Another one, or another folder of it");
  command.add("Listing", {"--metadata", &arguments.metadata,
                          "Show changes of modes, owners, times and attributes, too"});
  command.footer = R"(
In front of each path stands what happened to it:
  +  it was added
  -  it was removed
  M  the content of the file changed
  T  its type changed: a file became a symlink, for example
  U  its metadata changed (with --metadata)
  ?  with M: the content changed and nothing else, not even a time, which may be damage

Examples:
  snapfs diff 1a2b3c4d latest
  snapfs diff --metadata 1a2b3c4d:/etc latest:/etc)";
  return command;
}

}  // namespace snapfs
