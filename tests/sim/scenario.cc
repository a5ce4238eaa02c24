// Each host runs one command after the other, as a user or a timer would, by the program's own
// entry: parsed, locked, carried out, told. Contents come from a small stock, so that hosts store
// the same blobs, and what was forgotten comes back.
#include "tests/sim/scenario.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/option/global_options.h"
#include "cli/output/output.h"
#include "cli/process/exit_code.h"
#include "cli/process/signals.h"
#include "cli/program.h"
#include "cli/session/session.h"
#include "fs/base/error.h"
#include "fs/repo/repository.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_reader.h"
#include "mount/model/snapshot_fs.h"
#include "tests/sim/process.h"
#include "tests/sim/world.h"
#include "tests/support/memory_source.h"
#include "tests/support/seeded_random.h"

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

class Scenario {
 public:
  Scenario(World& world, const ScenarioOptions& options, ScenarioReport& report)
      : world_(world), options_(options), report_(report), stored_(world, kind()) {}

  void run() {
    const std::size_t hosts = options_.fault_case != nullptr ? 1 : 2 + world_.below(3);
    for (std::size_t i = 0; i < hosts; ++i) add_host("host" + std::to_string(i));
    if (options_.fault_case != nullptr) {
      run_case(*options_.fault_case);
      return report();
    }
    init();
    world_.sleep(kSecond);  // until the new repository is listed
    stored_.plant(options_.bug);
    if (options_.is_plain) {
      use_plainly(*hosts_.front());
    } else {
      choose_troubles();
      std::vector<std::jthread> users;
      for (const auto& host : hosts_) users.emplace_back([this, &host] { use(*host); });
    }
    stored_.trouble({});
    stored_.plant(PlantedBug::kNone);
    stored_.drop_parts();
    // All are gone; their locks are stale by any clock.
    world_.sleep(3 * 60 * kMinute);
    verify();
    report();
  }

 private:
  void report() {
    world_.sleep(kMinute);  // what is still under way ends before the storage does
    report_.calls = stored_.calls();
    if (stored_.violation()) {
      report_.violation =
          fmt::format("on storage \"{}\": {}", stored_.kind().name, *stored_.violation());
    }
  }

  const StorageKind& kind() {
    const std::size_t drawn = world_.below(storage_kinds().size());
    return storage_kinds().at(options_.kind.value_or(drawn));
  }

  void add_host(std::string name) {
    auto host = std::make_unique<Host>();
    host->name = std::move(name);
    host->files = std::make_shared<MemorySource>();
    host->files->add_directory("/data");
    const auto range = static_cast<std::uint64_t>(2 * kMostClockError);
    host->clock_error = static_cast<Nanoseconds>(world_.below(range)) - kMostClockError;
    hosts_.push_back(std::move(host));
    contents_of_host_[hosts_.back().get()];
  }

  void init() {
    const auto process = make_process(*hosts_.front());
    as(process, [&] {
      const auto storage = stored_.connect(process);
      InitOptions options;
      options.kdf = ScryptParameters{.n = 2, .r = 1, .p = 1};
      Repository::init(*storage, {}, options, {});
    });
  }

  void choose_troubles() {
    switch (world_.below(4)) {
      case 0:
        return;  // only that they are many
      case 1:
        return stored_.trouble({.failures = 20});
      case 2:
        return stored_.trouble({.failures = 5, .deaths = 15, .interrupts = 5});
      default:
        return stored_.trouble(
            {.failures = 5, .stalls = 5, .deaths = 5, .interrupts = 3, .pauses = 10});
    }
  }

  /// Calls `work` as that process: in a thread of its own, as main() is called.
  template <class Work>
  void as(const std::shared_ptr<Process>& process, const Work& work) {
    std::shared_ptr<Process> outer = world_.thread().process;
    world_.thread().process = process;
    work();
    process->end();
    world_.thread().process = std::move(outer);
  }

  void use(const Host& host) {
    const std::size_t commands = 2 + world_.below(4);
    for (std::size_t i = 0; i < commands && !stored_.violation(); ++i) {
      const bool is_long = world_.chance(100);
      world_.sleep(static_cast<Nanoseconds>(
          world_.below(static_cast<std::uint64_t>(is_long ? 50 * kMinute : 2 * kSecond))));
      run_some_command(host);
    }
  }

  /// One command at a time, each right after the other, and no troubles.
  void use_plainly(const Host& host) {
    for (int i = 0; i < 4; ++i) {
      take_snapshot(host);
      prune(host);
    }
  }

  void run_some_command(const Host& host) {
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

  struct Outcome {
    std::shared_ptr<Process> process;
    int status = 0;
    bool succeeded() const { return status == 0 && !process->is_dead(); }
  };

  Outcome call(const Host& host, const std::vector<std::string>& arguments) {
    return call(make_process(host), arguments);
  }

  Outcome call(std::shared_ptr<Process> process, const std::vector<std::string>& arguments) {
    std::vector<std::string> line = {"snapfs", "-r", "/repository", "--insecure-no-password",
                                     "--no-cache"};
    if (world_.chance(300)) line.insert(line.end(), {"--retry-lock", "5m"});
    line.insert(line.end(), arguments.begin(), arguments.end());
    std::vector<const char*> words;
    for (const std::string& word : line) words.push_back(word.c_str());
    Outcome outcome{std::move(process), 0};
    as(outcome.process,
       [&] { outcome.status = run_program(static_cast<int>(words.size()), words.data()); });
    end(outcome, fmt::format("{}", fmt::join(arguments, " ")));
    return outcome;
  }

  void end(const Outcome& outcome, const std::string& line) {
    Process& process = *outcome.process;
    world_.note(static_cast<std::uint64_t>(outcome.status));
    ++report_.commands;
    if (process.is_dead()) {
      ++report_.killed;
    } else if (outcome.status == 0) {
      ++report_.succeeded;
    }
    if (options_.tell) {
      std::fprintf(stderr, "%9.3f s  %s %lld: %s -> %s%d%s\n%s",
                   static_cast<double>(world_.now()) / 1e9, process.host().name.c_str(),
                   static_cast<long long>(process.pid()), line.c_str(),
                   process.is_dead() ? "killed, " : "", outcome.status,
                   process.was_disturbed ? " (disturbed)" : "", process.messages.c_str());
    }
    const bool is_excused = options_.fault_case != nullptr || process.is_dead() ||
                            process.was_disturbed || is_excused_by(process) ||
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

  bool is_excused_by(const Process& process) const {
    if (!stored_.kind().is_atomic) return true;  // it may have met what is being written
    const bool is_late = stored_.kind().listed_late > 0;
    for (const std::string_view excuse :
         {"has no snapshots, and pruning it", "cannot tell who has locked",
          is_late ? "does not exist" : "cannot tell who has locked"}) {
      if (process.messages.find(excuse) != std::string::npos) return true;
    }
    return false;
  }

  void change_files(const Host& host) {
    Contents& now = contents_of_host_[&host];
    const std::size_t changes = 1 + world_.below(3);
    for (std::size_t i = 0; i < changes; ++i) {
      const std::string name = name_of(world_.below(kNames));
      const std::string& content = stock()[world_.below(kContents)];
      now[name] = content;
      host.files->add_file(name, content);
      const Nanoseconds time = world_.now() + host.clock_error + 1'795'000'000 * kSecond;
      const Timestamp changed{time / kSecond, static_cast<std::int32_t>(time % kSecond)};
      host.files->update(name, [&](SourceMetadata& file) {
        file.mtime = changed;
        file.ctime = changed;
      });
    }
  }

  void take_snapshot(const Host& host) {
    change_files(host);
    const auto process = make_process(host);
    process->contents = std::make_shared<const Contents>(contents_of_host_[&host]);
    if (call(process, {"snapshot", "/data"}).succeeded()) note_taken(*process);
  }

  void note_taken(const Process& process) {
    if (process.snapshots.empty()) {
      return stored_.violate("a snapshot was reported and none was stored");
    }
    snapshots_.push_back(process.snapshots.back());
    ++report_.snapshots;
  }

  void forget(const Host& host, bool and_prune) {
    std::vector<std::string> arguments = {"forget", "--keep-last", "1"};
    if (world_.chance(500)) {
      arguments.insert(arguments.end(), {"--host", host.name});
    } else {
      arguments.insert(arguments.end(), {"--group-by", ""});
    }
    if (and_prune) arguments.emplace_back("--prune");
    call_to_forget(host, arguments);
  }

  void prune(const Host& host) {
    std::vector<std::string> arguments = {"prune"};
    if (world_.chance(500)) arguments.insert(arguments.end(), {"--max-unused", "0"});
    if (world_.chance(200)) arguments.insert(arguments.end(), {"--max-repack-size", "0"});
    call(host, arguments);
  }

  void check(const Host& host) {
    std::vector<std::string> arguments = {"check"};
    if (world_.chance(500)) arguments.emplace_back("--read-data");
    call(host, arguments);
  }

  Id some_snapshot() { return snapshots_[world_.below(snapshots_.size())]; }

  void dump(const Host& host) {
    const Id id = some_snapshot();
    const Contents& expected = *stored_.contents_of(id);
    auto chosen = expected.begin();
    std::advance(chosen, world_.below(expected.size()));
    const auto process = make_process(host);
    process->reads = id;
    const Outcome outcome = call(process, {"dump", id.hex(), chosen->first});
    if (outcome.succeeded() && process->output != chosen->second) {
      stored_.violate(fmt::format("dump of {} gave wrong bytes", id.short_hex()));
    }
  }

  /// What a mount does, without the kernel: shows snapshots for some time, under its lock.
  void mount(const Host& host) {
    const auto process = make_process(host);
    Outcome outcome{process, 0};
    as(process, [&] { outcome.status = static_cast<int>(run_mount(*process)); });
    end(outcome, "mount");
  }

  ExitCode run_mount(Process& process) {
    Signals signals;
    try {
      look_around(process, signals);
      return ExitCode::kSuccess;
    } catch (const std::exception&) {
      const Error reason = signals.failure().value_or(current_error());
      print_error(reason.what());
      const bool is_given = signals.failure() && reason.code() == ErrorCode::kCancelled;
      return is_given ? ExitCode::kFatal : exit_code_for(reason.code());
    }
  }

  /// In the order of cli/command/mount.cc.
  void look_around(Process& process, Signals& signals) {
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
      read_mounted(fs, id, *stored_.contents_of(id), [&] { return session.stop(); });
    }
    if (!signals.reason().empty()) throw Error(ErrorCode::kCancelled, signals.reason());
  }

  template <class Stop>
  void read_mounted(SnapshotFs& fs, const Id& id, const Contents& expected, const Stop& stop) {
    const bool was_there = !stored_.was_forgotten(id);
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
    }
    (void)was_there;
    (void)stop;
  }

  static std::optional<Entry> entry_at(SnapshotFs& fs, const std::vector<std::string>& path) {
    std::optional<Entry> entry = fs.entry(kRootIno);
    for (const std::string& name : path) {
      entry = fs.lookup(entry->ino, name);
      if (!entry) return std::nullopt;
    }
    return entry;
  }

  /// A repository with something to do for every command.
  void prepare() {
    struct Prepared {
      std::shared_ptr<const StoredState> stored;
      std::vector<Id> snapshots;
      Contents contents;
    };
    static std::map<std::string_view, Prepared> all;
    const Host& host = *hosts_.front();
    Prepared& prepared = all[stored_.kind().name];
    if (prepared.stored == nullptr) {
      init();
      world_.sleep(kSecond);
      take_snapshot(host);
      take_snapshot(host);
      call_to_forget(host, {"forget", "--keep-last", "1"});
      take_snapshot(host);
      world_.sleep(kSecond);
      prepared = {stored_.state(), snapshots_, contents_of_host_[&host]};
    } else {
      stored_.restore(*prepared.stored);
      snapshots_ = prepared.snapshots;
      contents_of_host_[&host] = prepared.contents;
      for (const auto& [name, content] : prepared.contents) host.files->add_file(name, content);
    }
  }

  void call_to_forget(const Host& host, const std::vector<std::string>& arguments) {
    const auto process = make_process(host);
    process->may_forget = true;
    call(process, arguments);
  }

  void run_case(const FaultCase& fault_case) {
    prepare();
    const Host& host = *hosts_.front();
    const auto process = make_process(host);
    process->may_forget = true;
    stored_.plant(options_.bug);
    stored_.plant(*process, fault_case.fault);
    make_scarce(process.get(), fault_case.scarcity);
    Outcome outcome{process, 0};
    const std::string& line = fault_commands().at(fault_case.command);
    if (line == "snapshot") {
      change_files(host);
      process->contents = std::make_shared<const Contents>(contents_of_host_[&host]);
      outcome = call(process, {"snapshot", "/data"});
      if (outcome.succeeded()) note_taken(*process);
    } else if (line == "mount") {
      as(process, [&] { outcome.status = static_cast<int>(run_mount(*process)); });
      end(outcome, "mount");
    } else {
      outcome = call(process, words_of(line));
    }
    stored_.plant(PlantedBug::kNone);
    stored_.end_fault();
    make_scarce(nullptr, {});
    report_.faulty_calls = stored_.faulty_calls();
    report_.fault_hit = stored_.fault_hit();
    judge(outcome, fault_case);
    stored_.drop_parts();
    world_.sleep(3 * 60 * kMinute);
    if (fault_case.fault.persists && line.starts_with("repair")) {
      // What reads wrong each time is damaged to whoever repairs; but it is all still there.
      require(host, {"unlock"});
      require(host, {"repair", "index"});
    }
    verify_briefly();
  }

  std::vector<std::string> words_of(const std::string& line) const {
    std::vector<std::string> words(1);
    for (const char c : line) {
      if (c == ' ') {
        words.emplace_back();
      } else if (c == '@') {
        words.back() += snapshots_.back().hex();
      } else {
        words.back() += c;
      }
    }
    return words;
  }

  /// The right result, or a line that does not blame the repository; and no lock is left unless it
  /// could not be removed.
  void judge(const Outcome& outcome, const FaultCase& fault_case) {
    const FaultKind kind = fault_case.fault.kind;
    const std::string& messages = outcome.process->messages;
    const bool may_look_damaged =
        kind == FaultKind::kFlippedBit || kind == FaultKind::kShort || kind == FaultKind::kGone;
    const std::set<int> statuses = {0, 1, 3, 10, 11, 12};
    if (!statuses.contains(outcome.status)) {
      stored_.violate(fmt::format("exit status {}: {}", outcome.status, messages));
    }
    if (outcome.status != 0 && messages.empty() && outcome.process->output.empty()) {
      stored_.violate(fmt::format("exit status {} without a word", outcome.status));
    }
    if (!may_look_damaged && messages.find("damaged") != std::string::npos) {
      stored_.violate("blamed the repository: " + messages);
    }
    // The end of a stall may fall into the moment when the lock is written anew.
    const bool could_unlock =
        !fault_case.fault.persists && !stored_.fault_hit_lock() && kind != FaultKind::kStall;
    if (could_unlock && !stored_.stored(FileKind::kLock).empty()) {
      stored_.violate("left a lock: " + messages);
    }
  }

  void verify_briefly() {
    const Host& host = *hosts_.front();
    require(host, {"unlock"});
    compare("after the fault");
    take_snapshot(host);
    require(host, {"prune", "--max-unused", "0", "--unsafe-allow-remove-all"});
    require(host, {"check", "--read-data"});
    compare("after the next snapshot and prune");
  }

  /// With everybody gone and a storage that does what it is asked to.
  void verify() {
    const Host& host = *hosts_.front();
    require(host, {"unlock"});
    if (!stored_.stored(FileKind::kLock).empty()) stored_.violate("a stale lock was not removed");
    require(host, {"check", "--read-data"});
    compare("after it all");
    take_snapshot(host);
    require(host, {"prune", "--max-unused", "0", "--unsafe-allow-remove-all"});
    require(host, {"check", "--read-data"});
    compare("after the next snapshot and prune");
  }

  void require(const Host& host, const std::vector<std::string>& arguments) {
    if (stored_.violation()) return;
    const Outcome outcome = call(host, arguments);
    if (!outcome.succeeded()) {
      stored_.violate(fmt::format("in the end, \"{}\" gave {}: {}", fmt::join(arguments, " "),
                                  outcome.status,
                                  outcome.process->output + outcome.process->messages));
    }
  }

  /// Every snapshot that was reported and not forgotten is there, and is what the files were.
  void compare(std::string_view when) {
    if (stored_.violation()) return;
    const auto process = make_process(*hosts_.front());
    as(process, [&] {
      try {
        const auto storage = stored_.connect(process);
        Repository repository(*storage, {}, {}, {});
        repository.load_index({});
        std::set<Id> listed;
        for (const Snapshot& snapshot : load_snapshots(repository, {})) {
          listed.insert(snapshot.id);
          const Contents* const expected = stored_.contents_of(snapshot.id);
          if (expected == nullptr || !snapshot.tags.empty()) continue;
          if (contents_of(repository, snapshot) != *expected) {
            stored_.violate(fmt::format("snapshot {} is not what the files were, {}",
                                        snapshot.id.short_hex(), when));
          }
        }
        for (const Id& id : snapshots_) {
          if (listed.contains(id) || stored_.was_forgotten(id)) continue;
          stored_.violate(fmt::format("snapshot {} is lost, {}", id.short_hex(), when));
        }
      } catch (const Error& error) {
        stored_.violate(fmt::format("{}: {}", when, error.what()));
      }
    });
  }

  static Contents contents_of(Repository& repository, const Snapshot& snapshot) {
    Contents contents;
    for (const Node& directory : load_tree(repository, snapshot.tree, {})) {
      if (!directory.subtree) continue;
      for (const Node& file : load_tree(repository, *directory.subtree, {})) {
        std::string& content = contents["/" + directory.name + "/" + file.name];
        for (const Id& id : file.content) {
          content += as_text(repository.load_blob({BlobType::kData, id}, {}));
        }
      }
    }
    return contents;
  }

  World& world_;
  const ScenarioOptions& options_;
  ScenarioReport& report_;
  StoredWorld stored_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::map<const Host*, Contents> contents_of_host_;
  std::vector<Id> snapshots_;  ///< that were reported as taken
};

}  // namespace

const std::vector<std::string>& fault_commands() {
  static const std::vector<std::string> commands = {
      "snapshot",
      "forget --keep-last 1 --prune",
      "prune --max-unused 0",
      "check --read-data",
      "dump @ /data/f1",
      "mount",
      "ls @",
      "find f1",
      "stats",
      "snapshots",
      "tag --add x",
      "rewrite --exclude /data/f1 --forget",
      "repair index",
      "repair snapshots --forget",
      "recover",
      "unlock",
      "list locks",
  };
  return commands;
}

ScenarioReport run_scenario(std::uint64_t seed, const ScenarioOptions& options) {
  ScenarioReport report;
  report.seed = seed;
  test::seed_random(seed);
  const World world(seed, [&] {
    World& here = *World::current();
    Scenario(here, options, report).run();
  });
  report.trace = world.trace();
  report.switches = world.switches();
  report.minutes = static_cast<std::size_t>(world.now() / kMinute);
  forget_processes();
  return report;
}

}  // namespace snapfs::sim
