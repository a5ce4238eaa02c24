#include "tests/sim/users.h"

#include <cstdint>
#include <cstdio>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/option/global_options.h"
#include "cli/output/output.h"
#include "cli/process/exit_code.h"
#include "cli/process/signals.h"
#include "cli/program.h"
#include "cli/session/session.h"
#include "fs/base/error.h"
#include "mount/model/snapshot_fs.h"
#include "tests/support/memory_source.h"

namespace snapfs::sim {
namespace {

constexpr std::size_t kContents = 10;
constexpr std::size_t kNames = 4;
constexpr Nanoseconds kMostClockError = 3 * kMinute;  ///< of each host, to either side

const std::vector<std::string>& stock() {
  static const std::vector<std::string> contents = [] {
    std::vector<std::string> made;
    for (std::size_t i = 0; i < kContents; ++i) {
      std::string content;
      for (std::size_t j = 0; j < 20 + i * 37; ++j) {
        content += static_cast<char>('a' + (i * 7 + j * j * (i + 3)) % 26);
      }
      made.push_back(content + std::to_string(i));
    }
    return made;
  }();
  return contents;
}

std::string name_of(std::size_t number) { return "/data/f" + std::to_string(number); }

std::optional<Entry> entry_at(SnapshotFs& fs, const std::vector<std::string>& path) {
  std::optional<Entry> entry = fs.entry(kRootIno);
  for (const std::string& name : path) {
    entry = fs.lookup(entry->ino, name);
    if (!entry) return std::nullopt;
  }
  return entry;
}

}  // namespace

CommandCounts& operator+=(CommandCounts& sum, const CommandCounts& more) noexcept {
  for (const auto count : {&CommandCounts::commands, &CommandCounts::succeeded,
                           &CommandCounts::killed, &CommandCounts::snapshots,
                           &CommandCounts::files_dumped, &CommandCounts::files_read_in_mounts}) {
    sum.*count += more.*count;
  }
  return sum;
}

void Users::add_host() {
  auto host = std::make_unique<Host>();
  host->name = "host" + std::to_string(hosts_.size());
  host->files = std::make_shared<MemorySource>();
  host->files->add_directory("/data");
  const auto range = static_cast<std::uint64_t>(2 * kMostClockError);
  host->clock_error = static_cast<Nanoseconds>(world_.below(range)) - kMostClockError;
  hosts_.push_back(std::move(host));
  contents_of_host_[hosts_.back().get()];
}

void Users::run_some_command(const Host& host) {
  const std::uint64_t drawn = world_.below(100);
  if (drawn < 40 || snapshots_.empty()) return take_snapshot(host);
  if (drawn < 50) return forget(host, false);
  if (drawn < 58) return forget(host, true);
  if (drawn < 74) return prune(host);
  if (drawn < 80) return check(host);
  if (drawn < 90) return dump(host);
  if (drawn < 96) return mount(host);
  call(host, {"unlock"});
}

Outcome Users::call(const Host& host, const std::vector<std::string>& arguments) {
  return call(make_process(host), arguments);
}

Outcome Users::call(std::shared_ptr<Process> process, const std::vector<std::string>& arguments) {
  std::vector<std::string> line = {"snapfs", "-r", "/repository", "--insecure-no-password",
                                   "--no-cache"};
  if (world_.chance(300)) line.insert(line.end(), {"--retry-lock", "5m"});
  line.insert(line.end(), arguments.begin(), arguments.end());
  std::vector<const char*> words;
  for (const std::string& word : line) words.push_back(word.c_str());
  Outcome outcome{std::move(process), 0};
  as(outcome.process,
     [&] { outcome.status = run_program(static_cast<int>(words.size()), words.data()); });
  if (stored_.bug() == PlantedBug::kWrongStatus && outcome.process->was_disturbed &&
      outcome.status != 0) {
    outcome.status = static_cast<int>(ExitCode::kWrongPassword);
  }
  end(outcome, fmt::format("{}", fmt::join(arguments, " ")));
  return outcome;
}

void Users::end(const Outcome& outcome, const std::string& line) {
  Process& process = *outcome.process;
  world_.note(static_cast<std::uint64_t>(outcome.status));
  ++counts_.commands;
  if (process.is_dead()) {
    ++counts_.killed;
  } else if (outcome.status == 0) {
    ++counts_.succeeded;
  }
  if (options_.tell) {
    std::fprintf(stderr, "%9.3f s  %s %lld: %s -> %s%d%s\n%s",
                 static_cast<double>(world_.now()) / 1e9, process.host().name.c_str(),
                 static_cast<long long>(process.pid()), line.c_str(),
                 process.is_dead() ? "killed, " : "", outcome.status,
                 process.was_disturbed ? " (disturbed)" : "", process.messages.c_str());
  }
  const bool is_excused = !options_.judges || process.is_dead() || process.was_disturbed ||
                          is_excused_by(process) ||
                          (process.reads && stored_.was_forgotten(*process.reads));
  const bool is_locked = outcome.status == static_cast<int>(ExitCode::kLocked);
  if (outcome.status != 0 && !is_locked && !is_excused) {
    stored_.violate(fmt::format("\"{}\" failed without a cause: {}", line, process.messages));
  }
  for (const std::string_view word : {"please report", "damaged"}) {
    if (process.messages.find(word) == std::string::npos) continue;
    if (word == "damaged" && is_excused) continue;
    stored_.violate(fmt::format("\"{}\" said: {}", line, process.messages));
  }
}

bool Users::is_excused_by(const Process& process) const {
  if (stored_.had_part_since(process.started())) return true;  // it may have met with that
  const bool is_late = stored_.kind().listed_late > 0;
  for (const std::string_view excuse :
       {"has no snapshots, and pruning it", "cannot tell who has locked",
        is_late ? "does not exist" : "cannot tell who has locked"}) {
    if (process.messages.find(excuse) != std::string::npos) return true;
  }
  return false;
}

void Users::change_files(const Host& host) {
  const std::size_t changes = 1 + world_.below(3);
  for (std::size_t i = 0; i < changes; ++i) {
    const std::string name = name_of(world_.below(kNames));
    write_file(host, name, stock()[world_.below(kContents)]);
  }
}

void Users::fill_files(const Host& host) {
  for (std::size_t i = 0; i < kNames; ++i) write_file(host, name_of(i), stock()[i]);
}

void Users::write_file(const Host& host, const std::string& name, const std::string& content) {
  contents_of_host_[&host][name] = content;
  host.files->add_file(name, content);
  const Nanoseconds time = world_.now() + host.clock_error + 1'795'000'000 * kSecond;
  const Timestamp changed{time / kSecond, static_cast<std::int32_t>(time % kSecond)};
  host.files->update(name, [&](SourceMetadata& file) {
    file.mtime = changed;
    file.ctime = changed;
  });
}

void Users::take_snapshot(const Host& host) { call_to_take_snapshot(make_process(host)); }

Outcome Users::call_to_take_snapshot(std::shared_ptr<Process> process) {
  change_files(process->host());
  process->contents = std::make_shared<const Contents>(contents_of_host_[&process->host()]);
  Outcome outcome = call(std::move(process), {"snapshot", "/data"});
  if (outcome.succeeded()) note_taken(*outcome.process);
  return outcome;
}

void Users::note_taken(const Process& process) {
  if (process.snapshots.empty()) {
    return stored_.violate("a snapshot was reported and none was stored");
  }
  snapshots_.push_back(process.snapshots.back());
  ++counts_.snapshots;
}

void Users::forget(const Host& host, bool and_prune) {
  std::vector<std::string> arguments = {"forget", "--keep-last", "1"};
  if (world_.chance(500)) {
    arguments.insert(arguments.end(), {"--host", host.name});
  } else {
    arguments.insert(arguments.end(), {"--group-by", ""});
  }
  if (and_prune) arguments.emplace_back("--prune");
  call_to_forget(host, arguments);
}

void Users::prune(const Host& host) {
  std::vector<std::string> arguments = {"prune"};
  if (world_.chance(500)) arguments.insert(arguments.end(), {"--max-unused", "0"});
  if (world_.chance(200)) arguments.insert(arguments.end(), {"--max-repack-size", "0"});
  call(host, arguments);
}

void Users::check(const Host& host) {
  std::vector<std::string> arguments = {"check"};
  if (world_.chance(500)) arguments.emplace_back("--read-data");
  call(host, arguments);
}

Id Users::some_snapshot() { return snapshots_[world_.below(snapshots_.size())]; }

void Users::dump(const Host& host) {
  const Id id = some_snapshot();
  const Contents& expected = *stored_.contents_of(id);
  auto chosen = expected.begin();
  std::advance(chosen, world_.below(expected.size()));
  const auto process = make_process(host);
  process->reads = id;
  const Outcome outcome = call(process, {"dump", id.hex(), chosen->first});
  if (!outcome.succeeded()) return;
  ++counts_.files_dumped;
  if (process->output != chosen->second) {
    stored_.violate(fmt::format("dump of {} gave wrong bytes", id.short_hex()));
  }
}

void Users::mount(const Host& host) { call_to_mount(make_process(host)); }

Outcome Users::call_to_mount(std::shared_ptr<Process> process) {
  Outcome outcome{std::move(process), 0};
  as(outcome.process, [&] { outcome.status = static_cast<int>(run_mount(*outcome.process)); });
  end(outcome, "mount");
  return outcome;
}

ExitCode Users::run_mount(Process& process) {
  std::optional<Signals> signals;
  try {
    // There may be no memory for this either.
    signals.emplace();
    look_around(process, *signals);
    return ExitCode::kSuccess;
  } catch (const std::exception&) {
    const std::optional<Error> given = signals ? signals->failure() : std::nullopt;
    const Error reason = given.value_or(current_error());
    const bool is_given = given && reason.code() == ErrorCode::kCancelled;
    const ExitCode code = is_given ? ExitCode::kFatal : exit_code_for(reason.code());
    print_exit_error(false, code, reason.what());
    return code;
  }
}

/// In the order of cli/command/mount.cc.
void Users::look_around(Process& process, Signals& signals) {
  GlobalOptions global;
  global.repository = "/repository";
  global.insecure_no_password = true;
  global.no_cache = true;
  Session session(global, signals,
                  WantedLock(LockMode::kShared).reading(kSnapshotsAndIndex).settling_later(),
                  Writing::kAllowed, "/mnt");
  SnapshotFsOptions options;
  options.reader.push = false;
  SnapshotFs fs(session.repository(), options, session.stop());
  session.require_lock();
  const std::size_t looks = 1 + world_.below(4);
  for (std::size_t i = 0; i < looks; ++i) {
    world_.sleep(static_cast<Nanoseconds>(world_.below(10 * kMinute)));
    if (session.stop().stop_requested()) break;
    const Id id = some_snapshot();
    process.reads = id;
    read_mounted(fs, id, *stored_.contents_of(id));
  }
  if (!signals.reason().empty()) throw Error(ErrorCode::kCancelled, signals.reason());
}

void Users::read_mounted(SnapshotFs& fs, const Id& id, const Contents& expected) {
  const auto root = entry_at(fs, {"ids", id.short_hex(), "data"});
  if (!root) {
    // It may have been taken after the mount looked last, or be forgotten.
    return;
  }
  for (const auto& [path, content] : expected) {
    const auto file = fs.lookup(root->ino, path.substr(6));
    if (!file) return stored_.violate("a mount lacks a file: " + path);
    std::string read;
    const FileSlice slice = fs.read(file->ino, 0, content.size() + 10);
    for (const FileSlice::Piece& piece : slice.pieces) read += as_text(piece.bytes);
    if (read != content) return stored_.violate("a mount shows wrong bytes in " + path);
    ++counts_.files_read_in_mounts;
  }
}

Outcome Users::call_to_forget(const Host& host, const std::vector<std::string>& arguments) {
  const auto process = make_process(host);
  process->may_forget = true;
  return call(process, arguments);
}

Users::State Users::state() const {
  const Host& host = *hosts_.front();
  State state{snapshots_, contents_of_host_.at(&host), {}};
  for (const auto& [name, content] : state.contents) {
    state.metadata[name] = host.files->lstat(name);
  }
  return state;
}

void Users::restore(const State& state) {
  const Host& host = *hosts_.front();
  snapshots_ = state.snapshots;
  contents_of_host_[&host] = state.contents;
  for (const auto& [name, content] : state.contents) {
    host.files->add_file(name, content);
    const SourceMetadata& metadata = state.metadata.at(name);
    host.files->update(name, [&](SourceMetadata& file) { file = metadata; });
  }
}

}  // namespace snapfs::sim
