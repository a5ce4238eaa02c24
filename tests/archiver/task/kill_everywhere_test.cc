// Kills a small pipeline before each of its fiber switches, in many orders: every fiber ends, every
// object is gone, the first error is the one that is told, and nothing is opened afterwards.
#include <cstdint>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "tests/archiver/task/pipeline.h"
#include "tests/support/seeded_fibers.h"

namespace snapfs {
namespace {

using test::Pipeline;
using test::SeededFibers;

constexpr std::uint64_t kSeeds = 12;
constexpr std::size_t kNodes = 12;
constexpr std::size_t kUnkilled = 1'000'000;

struct Outcome {
  std::size_t steps = 0;
  std::uint64_t trace = 0;
  std::size_t opened_at_kill = 0;
};

Outcome run_killed_at(std::uint64_t seed, std::size_t step) {
  Outcome outcome;
  Tomb tomb;
  Pipeline pipeline(tomb, kNodes);
  SeededFibers fibers(seed);
  bool killed = false;
  fibers.spawn([&] { tomb.run([&] { pipeline.walk(); }); });
  fibers.spawn([&] { tomb.run([&] { pipeline.save(); }); });
  fibers.spawn([&] { tomb.run([&] { pipeline.save(); }); });
  fibers.spawn([&] { tomb.run([&] { pipeline.collect(); }); });
  fibers.at_step(step, [&] {
    killed = true;
    outcome.opened_at_kill = pipeline.opened();
    tomb.run([] { throw std::runtime_error("killed"); });
  });
  fibers.run();
  outcome.steps = fibers.steps();
  outcome.trace = fibers.trace();

  EXPECT_FALSE(fibers.deadlocked());
  EXPECT_EQ(pipeline.live(), 0);
  EXPECT_EQ(pipeline.bytes_in_flight(), 0U);
  EXPECT_EQ(pipeline.misplaced(), 0U);
  EXPECT_EQ(tomb.alive(), !killed);
  if (killed) {
    EXPECT_THROW(tomb.rethrow_if_killed(), std::runtime_error);
    EXPECT_EQ(pipeline.opened(), outcome.opened_at_kill) << "D4: opened something after the kill";
  } else {
    EXPECT_EQ(pipeline.collected(), kNodes);
  }
  return outcome;
}

TEST(KillEverywhere, D4_D6_EverybodyReturnsWheneverItHappens) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const std::size_t steps = run_killed_at(seed, kUnkilled).steps;
    ASSERT_GT(steps, kNodes);
    for (std::size_t step = 0; step <= steps; ++step) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", killed at switch " + std::to_string(step));
      run_killed_at(seed, step);
      if (HasFailure()) return;
    }
  }
}

TEST(KillEverywhere, TheSameSeedGivesTheSameOrder) {
  EXPECT_EQ(run_killed_at(1, kUnkilled).trace, run_killed_at(1, kUnkilled).trace);
  EXPECT_NE(run_killed_at(1, kUnkilled).trace, run_killed_at(2, kUnkilled).trace);
}

}  // namespace
}  // namespace snapfs
