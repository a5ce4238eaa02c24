#include "cli/option/snapshot_options.h"

#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/grammar/command.h"
#include "cli/grammar/go_value.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/option/setting.h"
#include "fs/base/error.h"
#include "fs/time/duration.h"
#include "fs/time/local_time.h"
#include "fs/tree/snapshot.h"
#include "fs/tree/snapshot_groups.h"

namespace snapfs {
namespace {

constexpr unsigned kMaxReadConcurrency = 128;

std::optional<std::size_t> whole_number(std::string_view text) {
  try {
    const std::int64_t value = parse_integer(text);
    if (value >= 0) return static_cast<std::size_t>(value);
  } catch (const Error&) {
    // No number at all.
  }
  return std::nullopt;
}

unsigned parse_read_concurrency(const std::string& text) {
  const auto count = whole_number(text);
  if (!count || *count > kMaxReadConcurrency) {
    throw Error(ErrorCode::kUsage,
                fmt::format("\"{}\" is no number of files to read at once: it can be 1 to {}, or 0 "
                            "for what suits the machine",
                            text, kMaxReadConcurrency));
  }
  return static_cast<unsigned>(*count);
}

SourceSnapshotChoice parse_source_snapshot(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string word = text.substr(0, colon);
  if (word == "lvm") {
    const bool has_size = colon != std::string::npos && colon + 1 < text.size();
    if (has_size || colon == std::string::npos) {
      return {FreezeKind::kLvm, has_size ? text.substr(colon + 1) : ""};
    }
  }
  if (text == "none") return {};
  if (text == "btrfs") return {FreezeKind::kBtrfs, ""};
  if (text == "zfs") return {FreezeKind::kZfs, ""};
  throw Error(ErrorCode::kUsage,
              fmt::format("\"{}\" is no kind of file system snapshots: it can be btrfs, lvm, "
                          "lvm:SIZE, zfs or none",
                          text));
}

void add_source_options(Command& command, GlobalOptions& global, SnapshotOptions& options) {
  const char* const group = "What to store";
  command.add(group,
              {
                  Option("--stdin", &global.stdin_is_data, "Store what comes in on standard input")
                      .about("what to take"),
                  Option("--stdin-from-command", &options.stdin_from_command,
                         "Run the arguments as a command, and store what it prints")
                      .about("what to take"),
                  {"--stdin-filename", "NAME", &options.stdin_filename,
                   "Call what comes from a stream NAME"},
                  Option("--as-path", "PATH", &options.as_path,
                         "Store the one file or directory as if it lay at PATH")
                      .about("what to take"),
                  {"--source-snapshot", "KIND",
                   Binding::checked(&options.source_snapshot, parse_source_snapshot),
                   "Read from a snapshot of the file system: btrfs, lvm, zfs"},
              });
}

void add_snapshot_description_options(Command& command, SnapshotOptions& options) {
  const char* const group = "The snapshot";
  command.add(
      group,
      {
          {"--tag", "TAGS", &options.tags, "Mark the snapshot with TAG[,TAG...] (may be repeated)"},
          Option("-H,--host", "NAME", &options.host, "Record NAME as the host (or SNAPFS_HOST)")
              .variable("HOST")
              .otherwise("this machine's name"),
          Option("--hostname", "NAME", &options.host, "").deprecated("use --host"),
          Option("--time", "TIME", Binding::checked(&options.time, parse_time),
                 "Record TIME: \"2026-01-31 12:30:00\", or RFC 3339")
              .otherwise("now"),
          {"--with-atime", &options.with_atime,
           "Store access times, not modification times in their place"},
          {"--skip-if-unchanged", &options.skip_if_unchanged,
           "Take no snapshot that would be like its parent"},
          {"-n,--dry-run", &options.dry_run, "Write nothing, show what would be done"},
      });
}

void add_parent_options(Command& command, SnapshotOptions& options) {
  const char* const group = "What is taken over unread";
  command.add(group,
              {
                  {"--parent", "ID", &options.parent, "Take unchanged files over from snapshot ID"},
                  {"-g,--group-by", "GROUP", Binding::checked(&options.group_by, GroupBy::parse),
                   "What the parent has in common: host, paths, tags"},
                  {"-f,--force", &options.force, "Read every file, changed or not"},
                  {"--ignore-ctime", &options.ignore_ctime,
                   "A new change time does not make a file changed"},
                  {"--ignore-inode", &options.ignore_inode,
                   "Neither does a new inode number or change time"},
              });
}

void add_run_options(Command& command, SnapshotOptions& options) {
  const char* const group = "How it is done";
  command.add(group,
              {
                  Option("--read-concurrency", "N",
                         Binding::checked(&options.read_concurrency, parse_read_concurrency),
                         "Read N files at once (or SNAPFS_READ_CONCURRENCY)")
                      .variable("READ_CONCURRENCY")
                      .otherwise("two for each core"),
                  {"--checkpoint", "DURATION", Binding::checked(&options.checkpoint, parse_seconds),
                   "Write what is done as a partial snapshot this often, 0 for never"},
                  {"--no-scan", &options.no_scan, "Do not count beforehand how much there is"},
              });
}

}  // namespace

std::vector<std::string> SnapshotOptions::tag_list() const {
  std::vector<std::string> list;
  for (const std::string& several : tags) {
    for (std::string& tag : split_tags(several)) {
      if (tag == kPartialTag) {
        throw Error(ErrorCode::kUsage,
                    fmt::format("the tag \"{}\" marks what interrupted runs leave: choose another",
                                kPartialTag));
      }
      if (!tag.empty()) list.push_back(std::move(tag));
    }
  }
  return list;
}

std::chrono::seconds SnapshotOptions::checkpoint_every() const { return parse_seconds(checkpoint); }

SourceSnapshotChoice SnapshotOptions::source_snapshot_choice() const {
  return parse_source_snapshot(source_snapshot);
}

unsigned SnapshotOptions::read_concurrency_count() const {
  const std::string text = setting(read_concurrency, "READ_CONCURRENCY");
  if (text.empty()) return 0;
  return parse_read_concurrency(text);
}

void add_snapshot_options(Command& command, GlobalOptions& global, SnapshotOptions& options) {
  command.take_all("PATH", &options.targets, "What to take a snapshot of");
  command.positionals.back().key = "sources";
  command.positionals.back().subject = "what to take";
  add_source_options(command, global, options);
  add_target_file_options(command, options.target_files);
  add_exclude_options(command, options.excludes);
  add_snapshot_description_options(command, options);
  add_parent_options(command, options);
  add_run_options(command, options);
}

}  // namespace snapfs
