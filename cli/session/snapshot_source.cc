#include "cli/session/snapshot_source.h"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "archiver/source/relocated.h"
#include "archiver/source/stream.h"
#include "cli/option/global_options.h"
#include "cli/option/snapshot_options.h"
#include "cli/output/output.h"
#include "cli/process/command_stream.h"
#include "cli/session/target_files.h"
#include "fs/base/error.h"
#include "fs/base/path.h"

namespace snapfs {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::kUsage, message); }

void check_stream_options(const SnapshotOptions& options) {
  if (!options.target_files.empty()) {
    refuse("a stream is the only file of its snapshot: give no --files-from with it");
  }
  if (options.stdin_from_command && options.targets.empty()) {
    refuse("--stdin-from-command needs the command and its arguments, after \"--\"");
  }
  if (!options.stdin_from_command && !options.targets.empty()) {
    refuse("--stdin stores standard input only: name no files beside it");
  }
  if (!options.as_path.empty()) {
    refuse("--as-path is for files: name a stream with --stdin-filename");
  }
  if (options.source_snapshot_choice().kind != FreezeKind::kNone) {
    refuse("a stream is on no file system: say --source-snapshot none");
  }
}

/// Absolute and cleaned; "/" is no place for an item.
std::string stream_path(const std::string& filename) {
  std::string path = clean_path("/" + filename);
  if (path == "/") refuse(fmt::format("\"{}\" is no name for a file", filename));
  return path;
}

}  // namespace

SnapshotSource::SnapshotSource(const GlobalOptions& global, const SnapshotOptions& options,
                               Timestamp time)
    : global_(global), options_(options), time_(time) {
  if (global.stdin_is_data || options.stdin_from_command) {
    check_stream_options(options);
    place_stream(options, time);
    return;
  }
  given_ = collect_targets(options.target_files, options.targets, local_, global.json);
  SourceFreeze::check(options.source_snapshot_choice(), given_);
  resolve();
}

void SnapshotSource::resolve() {
  if (!options_.as_path.empty()) {
    place_target(options_.as_path);
  } else {
    targets_ = resolve_targets(given_, current_directory(), files());
  }
}

void SnapshotSource::freeze(const Selection& selection, const StopToken& stop) {
  const SourceSnapshotChoice choice = options_.source_snapshot_choice();
  if (choice.kind == FreezeKind::kNone) return;
  freeze_.begin(choice, given_,
                {local_, selection, options_.excludes.one_file_system, stop_.get_token()}, stop);
  resolve();
}

void SnapshotSource::thaw() noexcept {
  placed_.reset();
  for (const std::string& problem : freeze_.end()) {
    print_warning(global_.json, "", problem + ": the next run removes it");
  }
}

SnapshotPaths SnapshotSource::stored_paths() const {
  SnapshotPaths paths(targets_);
  if (!moved_from_.empty()) paths.add(moved_from_, moved_to_);
  return paths;
}

bool SnapshotSource::is_from_stream(const Error& error) const noexcept {
  return std::ranges::find(stream_names_, error.subject()) != stream_names_.end();
}

void SnapshotSource::place_stream(const SnapshotOptions& options, Timestamp time) {
  const StopToken stop = stop_.get_token();
  const std::string path = stream_path(options.stdin_filename);
  is_stream_ = true;
  if (options.stdin_from_command) {
    const std::string& command = options.targets.front();
    stream_names_ = {fmt::format("the output of {}", command), command};
    placed_ = make_stream_source(path, stream_names_.front(), time, [&options, stop] {
      return run_for_output(options.targets, stop);
    });
  } else {
    stream_names_ = {"standard input"};
    placed_ =
        make_stream_source(path, stream_names_.front(), time, [stop, name = stream_names_.front()] {
          return make_descriptor_stream(STDIN_FILENO, name, stop);
        });
  }
  resolve_placed(path);
}

void SnapshotSource::place_target(const std::string& as_path) {
  if (given_.size() != 1) refuse("--as-path places one file or directory: name one");
  if (!as_path.starts_with('/')) {
    refuse(fmt::format("--as-path needs an absolute path, \"{}\" is relative", as_path));
  }
  moved_from_ = clean_path(given_.front());
  moved_to_ = clean_path(as_path);
  if (moved_to_ == "/") refuse("--as-path cannot be \"/\": a snapshot's root has no name");
  placed_ = relocate(files(), moved_from_, moved_to_, time_);
  resolve_placed(moved_to_);
}

void SnapshotSource::resolve_placed(const std::string& path) {
  targets_ = resolve_targets(std::vector{path}, "/", *placed_);
}

}  // namespace snapfs
