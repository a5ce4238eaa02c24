// Two thousand seeds of the whole program in its own world, and bugs that they have to find.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/fault_sweep.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world.h"

namespace snapfs::sim {
namespace {

constexpr std::size_t kLateLists = 3;  ///< of storage_kinds()

// Of all the cases that there are. Each part tries each so manyth, and begins with another one.
constexpr std::size_t kParts = 4;
constexpr std::size_t kFaultsEvery = 37;
constexpr std::size_t kScarcityEvery = 353;

class SimulationTest : public ::testing::Test {
 protected:
  /// Within World::in_own_thread, after a run in which everything was called once.
  template <class Work>
  static void run(const Work& work) {
    ::setenv("TZ", "UTC", 1);
    World::in_own_thread([&work] {
      run_scenario(0);
      work();
    });
  }
};

TEST_F(SimulationTest, TheSameSeedGivesTheSameTrace) {
  std::vector<std::uint64_t> first;
  std::vector<std::uint64_t> second;
  run([&] {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) first.push_back(run_scenario(seed).trace);
  });
  run([&] {
    for (std::uint64_t seed = 20; seed >= 1; --seed) {
      second.insert(second.begin(), run_scenario(seed).trace);
    }
  });
  EXPECT_EQ(first, second);
  EXPECT_EQ(std::set(first.begin(), first.end()).size(), 20U);
}

TEST_F(SimulationTest, ASnapshotThatIsListedLateIsNotPruned) {
  ScenarioOptions options;
  options.kind = kLateLists;
  options.is_plain = true;
  run([&] {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const ScenarioReport report = run_scenario(seed, options);
      EXPECT_EQ(report.violation, "") << "seed " << seed;
      EXPECT_EQ(report.counts.succeeded, report.counts.commands);
    }
  });
}

class SeedsTest : public SimulationTest, public ::testing::WithParamInterface<std::uint64_t> {};

TEST_P(SeedsTest, NothingIsLost) {
  constexpr std::uint64_t kSeeds = 250;
  run([&] {
    CommandCounts total;
    for (std::uint64_t i = 0; i < kSeeds; ++i) {
      const ScenarioReport report = run_scenario(GetParam() * kSeeds + i);
      EXPECT_EQ(report.violation, "") << "seed " << report.seed;
      total += report.counts;
    }
    // Or nothing was tried.
    EXPECT_GT(total.succeeded, kSeeds * 5);
    EXPECT_GT(total.killed, kSeeds / 10);
    EXPECT_GT(total.snapshots, kSeeds * 2);
    EXPECT_GT(total.files_dumped, kSeeds / 5);
    EXPECT_GT(total.files_read_in_mounts, kSeeds);
  });
}

INSTANTIATE_TEST_SUITE_P(Thousands, SeedsTest, ::testing::Range<std::uint64_t>(0, 8));

class FaultsTest : public SimulationTest, public ::testing::WithParamInterface<std::size_t> {};

TEST_P(FaultsTest, CostNoMoreThanACommand) {
  run([] {
    const FaultSweep sweep = sweep_faults(kFaultsEvery, GetParam() * kFaultsEvery / kParts);
    EXPECT_THAT(sweep.findings, ::testing::IsEmpty());
    // Two thousand altogether, beside those of which the call cannot fail so.
    EXPECT_GE(sweep.struck, 2000 / kParts);
    std::printf("%zu of %zu faults struck\n", sweep.struck, sweep.all);
  });
}

INSTANTIATE_TEST_SUITE_P(Parts, FaultsTest, ::testing::Range<std::size_t>(0, kParts));

TEST_F(SimulationTest, NeitherDoesMemoryOrAThreadThatIsNotThere) {
  run([] {
    const FaultSweep sweep = sweep_scarcity(kScarcityEvery, 0);
    EXPECT_THAT(sweep.findings, ::testing::IsEmpty());
    EXPECT_GE(sweep.tried, 500U);
  });
}

TEST_F(SimulationTest, ALockThatIsLeftShowsInBoth) {
  run([] {
    EXPECT_THAT(sweep_faults(997, 0, PlantedBug::kLeavesLock).findings,
                ::testing::Not(::testing::IsEmpty()));
    EXPECT_THAT(sweep_scarcity(9973, 0, PlantedBug::kLeavesLock).findings,
                ::testing::Not(::testing::IsEmpty()));
  });
}

TEST_F(SimulationTest, AWrongByteAndAWrongStatusShow) {
  run([] {
    EXPECT_THAT(sweep_faults(499, 0, PlantedBug::kWrongByte).findings,
                ::testing::Contains(::testing::HasSubstr("with another output")));
    EXPECT_THAT(sweep_faults(499, 0, PlantedBug::kWrongStatus).findings,
                ::testing::Contains(::testing::HasSubstr("which does not fit")));
  });
}

struct Planted {
  const char* name;
  PlantedBug bug;
};

void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

class PlantedBugTest : public SimulationTest, public ::testing::WithParamInterface<Planted> {};

TEST_P(PlantedBugTest, IsFoundSoon) {
  constexpr std::uint64_t kSeeds = 300;
  ScenarioOptions options;
  options.bug = GetParam().bug;
  std::optional<std::uint64_t> found;
  run([&] {
    for (std::uint64_t seed = 1; seed <= kSeeds && !found; ++seed) {
      const ScenarioReport report = run_scenario(seed, options);
      if (report.violation.empty()) continue;
      found = seed;
      RecordProperty("violation", report.violation);
    }
  });
  EXPECT_TRUE(found) << "in none of " << kSeeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(
    Bugs, PlantedBugTest,
    ::testing::Values(Planted{"NoSecondLook", PlantedBug::kNoSecondLook},
                      Planted{"IndexAfterSnapshot", PlantedBug::kIndexAfterSnapshot},
                      Planted{"LockNeverRefreshed", PlantedBug::kNeverRefreshes}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace snapfs::sim
