#include "tests/sim/scenario.h"

#include <thread>
#include <vector>

#include <fmt/format.h>

#include "fs/repo/repository.h"
#include "tests/sim/aftermath.h"
#include "tests/sim/fault_trial.h"
#include "tests/sim/process.h"
#include "tests/sim/users.h"
#include "tests/sim/world.h"
#include "tests/support/seeded_random.h"

namespace snapfs::sim {
namespace {

class Scenario {
 public:
  Scenario(World& world, const ScenarioOptions& options, ScenarioReport& report)
      : world_(world),
        options_(options),
        report_(report),
        stored_(world, kind()),
        users_(world, stored_, {options.tell, options.fault_case == nullptr}),
        aftermath_(stored_, users_) {}

  void run() {
    const std::size_t hosts = options_.fault_case != nullptr ? 1 : 2 + world_.below(3);
    for (std::size_t i = 0; i < hosts; ++i) users_.add_host();
    if (options_.fault_case != nullptr) {
      FaultTrial trial(world_, stored_, users_, *options_.fault_case);
      report_.reply = trial.run(options_.bug, options_.faultless);
      report_.faulty_calls = stored_.faulty_calls();
      report_.fault_hit = stored_.fault_hit();
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
    stored_.stop_repeating();
    stored_.plant(PlantedBug::kNone);
    // All are gone, and what they asked for is done; their locks are stale by any clock.
    world_.sleep(3 * 60 * kMinute);
    stored_.drop_parts();
    verify();
    report();
  }

 private:
  void report() {
    world_.sleep(kLatestRepeat);  // what is still under way ends before the storage does
    report_.calls = stored_.calls();
    report_.counts = users_.counts();
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

  /// With everybody gone and a storage that does what it is asked to.
  void verify() {
    aftermath_.require({"unlock"});
    if (stored_.has_locks()) stored_.violate("a stale lock was not removed");
    aftermath_.require({"check", "--read-data"});
    aftermath_.go_on("after it all");
  }

  World& world_;
  const ScenarioOptions& options_;
  ScenarioReport& report_;
  StoredWorld stored_;
  Users users_;
  Aftermath aftermath_;
};

}  // namespace

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
