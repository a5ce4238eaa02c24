#include "tests/sim/scenario.h"

#include <map>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/repo/repository.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_reader.h"
#include "tests/sim/process.h"
#include "tests/sim/users.h"
#include "tests/sim/world.h"
#include "tests/support/seeded_random.h"

namespace snapfs::sim {
namespace {

/// The words of a command of fault_commands(); "@" is the snapshot.
std::vector<std::string> words_of(const std::string& line, const Id& snapshot) {
  std::vector<std::string> words(1);
  for (const char c : line) {
    if (c == ' ') {
      words.emplace_back();
    } else if (c == '@') {
      words.back() += snapshot.hex();
    } else {
      words.back() += c;
    }
  }
  return words;
}

Contents contents_of(Repository& repository, const Snapshot& snapshot) {
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

class Scenario {
 public:
  Scenario(World& world, const ScenarioOptions& options, ScenarioReport& report)
      : world_(world),
        options_(options),
        report_(report),
        stored_(world, kind()),
        users_(world, stored_, {options.tell, options.fault_case == nullptr}) {}

  void run() {
    const std::size_t hosts = options_.fault_case != nullptr ? 1 : 2 + world_.below(3);
    for (std::size_t i = 0; i < hosts; ++i) users_.add_host();
    if (options_.fault_case != nullptr) {
      run_case(*options_.fault_case);
      return report();
    }
    init();
    world_.sleep(kSecond);  // until the new repository is listed
    stored_.plant(options_.bug);
    if (options_.is_plain) {
      use_plainly(first_host());
    } else {
      choose_troubles();
      std::vector<std::jthread> users;
      for (const auto& host : users_.hosts()) users.emplace_back([this, &host] { use(*host); });
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
    report_.commands = users_.counts().commands;
    report_.succeeded = users_.counts().succeeded;
    report_.killed = users_.counts().killed;
    report_.snapshots = users_.counts().snapshots;
    if (stored_.violation()) {
      report_.violation =
          fmt::format("on storage \"{}\": {}", stored_.kind().name, *stored_.violation());
    }
  }

  const StorageKind& kind() {
    const std::size_t drawn = world_.below(storage_kinds().size());
    return storage_kinds().at(options_.kind.value_or(drawn));
  }

  const Host& first_host() const { return *users_.hosts().front(); }

  void init() {
    const auto process = make_process(first_host());
    users_.as(process, [&] {
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

  void use(const Host& host) {
    const std::size_t commands = 2 + world_.below(4);
    for (std::size_t i = 0; i < commands && !stored_.violation(); ++i) {
      const bool is_long = world_.chance(100);
      world_.sleep(static_cast<Nanoseconds>(
          world_.below(static_cast<std::uint64_t>(is_long ? 50 * kMinute : 2 * kSecond))));
      users_.run_some_command(host);
    }
  }

  /// One command at a time, each right after the other, and no troubles.
  void use_plainly(const Host& host) {
    for (int i = 0; i < 4; ++i) {
      users_.take_snapshot(host);
      users_.prune(host);
    }
  }

  /// A repository with something to do for every command.
  void prepare() {
    struct Prepared {
      std::shared_ptr<const StoredState> stored;
      Users::State users;
    };
    static std::map<std::string_view, Prepared> all;
    const Host& host = first_host();
    Prepared& prepared = all[stored_.kind().name];
    if (prepared.stored == nullptr) {
      init();
      world_.sleep(kSecond);
      users_.take_snapshot(host);
      users_.take_snapshot(host);
      users_.call_to_forget(host, {"forget", "--keep-last", "1"});
      users_.take_snapshot(host);
      world_.sleep(kSecond);
      prepared = {stored_.state(), users_.state()};
    } else {
      stored_.restore(*prepared.stored);
      users_.restore(prepared.users);
    }
  }

  void run_case(const FaultCase& fault_case) {
    prepare();
    const Host& host = first_host();
    const auto process = make_process(host);
    process->may_forget = true;
    stored_.plant(options_.bug);
    stored_.plant(*process, fault_case.fault);
    make_scarce(process.get(), fault_case.scarcity);
    const std::string& line = fault_commands().at(fault_case.command);
    const Outcome outcome = line == "snapshot" ? users_.call_to_take_snapshot(process)
                            : line == "mount"
                                ? users_.call_to_mount(process)
                                : users_.call(process, words_of(line, users_.snapshots().back()));
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
    const bool could_unlock = !fault_case.fault.persists && !stored_.fault_hit_lock();
    if (could_unlock && !stored_.stored(FileKind::kLock).empty()) {
      stored_.violate("left a lock: " + messages);
    }
  }

  void verify_briefly() {
    const Host& host = first_host();
    require(host, {"unlock"});
    compare("after the fault");
    users_.take_snapshot(host);
    require(host, {"prune", "--max-unused", "0", "--unsafe-allow-remove-all"});
    require(host, {"check", "--read-data"});
    compare("after the next snapshot and prune");
  }

  /// With everybody gone and a storage that does what it is asked to.
  void verify() {
    const Host& host = first_host();
    require(host, {"unlock"});
    if (!stored_.stored(FileKind::kLock).empty()) stored_.violate("a stale lock was not removed");
    require(host, {"check", "--read-data"});
    compare("after it all");
    users_.take_snapshot(host);
    require(host, {"prune", "--max-unused", "0", "--unsafe-allow-remove-all"});
    require(host, {"check", "--read-data"});
    compare("after the next snapshot and prune");
  }

  void require(const Host& host, const std::vector<std::string>& arguments) {
    if (stored_.violation()) return;
    const Outcome outcome = users_.call(host, arguments);
    if (!outcome.succeeded()) {
      stored_.violate(fmt::format("in the end, \"{}\" gave {}: {}", fmt::join(arguments, " "),
                                  outcome.status,
                                  outcome.process->output + outcome.process->messages));
    }
  }

  /// Every snapshot that was reported and not forgotten is there, and is what the files were.
  void compare(std::string_view when) {
    if (stored_.violation()) return;
    const auto process = make_process(first_host());
    users_.as(process, [&] {
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
        for (const Id& id : users_.snapshots()) {
          if (listed.contains(id) || stored_.was_forgotten(id)) continue;
          stored_.violate(fmt::format("snapshot {} is lost, {}", id.short_hex(), when));
        }
      } catch (const Error& error) {
        stored_.violate(fmt::format("{}: {}", when, error.what()));
      }
    });
  }

  World& world_;
  const ScenarioOptions& options_;
  ScenarioReport& report_;
  StoredWorld stored_;
  Users users_;
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
