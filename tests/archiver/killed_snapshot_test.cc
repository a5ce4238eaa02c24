// Ends whole snapshots before each of their fiber switches and at each operation of the source and
// the backend, in one thread, in orders that a seed decides. Whenever it happens: everybody
// returns, the error is the first one, no file is opened any more, nothing is left, and the next
// run is as good as if nothing had been.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/archiver/scene.h"
#include "tests/support/fiber_executor.h"
#include "tests/support/heap_meter.h"
#include "tests/support/seeded_fibers.h"
#include "tests/support/seeded_random.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::Blow;
using test::FiberExecutor;
using test::HeapMeter;
using test::Operation;
using test::Scene;
using test::SeededFibers;
using test::StoredRepository;

constexpr std::size_t kNever = 1'000'000;

/// How a run begins, and in which order it goes on.
struct Course {
  bool with_parent = false;
  unsigned threads = 2;
  std::uint64_t seed = 1;
};

/// A run that was begun, and what became of it.
struct Outcome {
  std::size_t switches = 0;
  std::uint64_t trace = 0;
  bool deadlocked = false;
  std::size_t operations = 0;
  std::size_t opened = 0;                    ///< files, in all
  std::size_t operations_before = 0;         ///< the blow fell
  std::optional<std::size_t> opened_before;  ///< the blow fell; nothing when it did not
  std::optional<Operation> struck;           ///< what failed
  std::optional<Snapshot> snapshot;
  ErrorCode code{};
  std::string message;
};

/// One run in one thread: `blow` falls before the switch or the operation with the number `at`.
Outcome run(Scene& scene, const Course& course, Blow blow, std::size_t at) {
  test::seed_random(course.seed);
  Outcome outcome;
  StopSource stop;
  const std::size_t finished_before = scene.finished_snapshots();
  SeededFibers fibers(course.seed);
  const FiberExecutor executor;
  scene.observe([&](const Operation& operation) {
    if (blow != Blow::kNone && blow != Blow::kStop && operation.number == at) {
      outcome.operations_before = scene.operations();
      outcome.opened_before = scene.opened_files();
      outcome.struck = operation;
      strike(blow, operation);
    }
    test::yield_fiber();  // others may go on meanwhile
  });
  fibers.spawn([&] {
    try {
      outcome.snapshot = scene.take(course.threads, &executor, stop.get_token());
    } catch (const Error& error) {
      outcome.code = error.code();
      outcome.message = error.what();
    }
  });
  if (blow == Blow::kStop) {
    fibers.at_step(at, [&] {
      // After the snapshot was written it is too late, and nobody may mind.
      if (scene.finished_snapshots() == finished_before) {
        outcome.operations_before = scene.operations();
        outcome.opened_before = scene.opened_files();
      }
      stop.request_stop();
    });
  }
  fibers.run();
  scene.observe(nullptr);
  outcome.switches = fibers.steps();
  outcome.trace = fibers.trace();
  outcome.deadlocked = fibers.deadlocked();
  outcome.operations = scene.operations();
  outcome.opened = scene.opened_files();
  return outcome;
}

/// A repository with a snapshot of what the source was before a part of it was changed, and with
/// what a run after that had come to.
const StoredRepository& stored_repository(bool with_parent) {
  static const auto make = [](bool parent) {
    Scene scene;
    if (!parent) return scene.store(std::nullopt);
    const Outcome outcome = run(scene, {}, Blow::kNone, kNever);
    scene.store_partial(*outcome.snapshot);
    return scene.store(outcome.snapshot);
  };
  static const StoredRepository empty = make(false);
  static const StoredRepository with = make(true);
  return with_parent ? with : empty;
}

class KilledSnapshotTest : public ::testing::TestWithParam<Course> {
 protected:
  KilledSnapshotTest() {
    Scene scene(stored_);
    undisturbed_ = run(scene, course_, Blow::kNone, kNever);
    warnings_ = scene.warnings();
  }

  /// Hands each point up to `last` to `check`; stops at the first that fails.
  template <class Check>
  void at_each(std::size_t last, const char* what, const Check& check) {
    std::size_t points = 0;
    for (std::size_t at = 0; at <= last && !HasFailure(); ++at) {
      SCOPED_TRACE(std::string(what) + " " + std::to_string(at));
      const std::size_t blocks = HeapMeter::live_blocks();
      check(at);
      EXPECT_EQ(HeapMeter::live_blocks(), blocks) << "something was not freed";
      ++points;
    }
    std::printf("%zu points, one at each %s\n", points, what);
  }

  /// What must be so however the run ended.
  void check_end(Scene& scene, const Outcome& outcome) {
    EXPECT_FALSE(outcome.deadlocked);
    EXPECT_EQ(scene.finished_snapshots(), earlier_snapshots() + (outcome.snapshot ? 1 : 0));
    if (outcome.snapshot || !outcome.opened_before) return;
    EXPECT_EQ(outcome.opened, *outcome.opened_before) << "D4: opened a file after the end";
    // A walker may have a directory in its hands, a saver a file, an uploader a pack. And what is
    // stored is listed.
    EXPECT_LE(outcome.operations - outcome.operations_before, course_.threads * 5 + 4 + 1);
  }

  /// Opens the repository anew, too.
  void check_next_run(Scene& scene) {
    const std::size_t before = scene.finished_snapshots();
    const Outcome next = run(scene, course_, Blow::kNone, kNever);
    EXPECT_FALSE(next.deadlocked);
    ASSERT_TRUE(next.snapshot) << next.message;
    EXPECT_EQ(next.snapshot->tree, undisturbed_.snapshot->tree);
    // The source has items that cannot be read, which an earlier partial snapshot may have.
    const std::size_t partial = course_.with_parent ? 1 : 0;
    EXPECT_EQ(scene.stored(FileKind::kSnapshot), before + 1 + partial);
    EXPECT_EQ(scene.warnings(), warnings_);
  }

  std::size_t earlier_snapshots() const { return course_.with_parent ? 1 : 0; }

  const Course course_ = GetParam();
  const StoredRepository& stored_ = stored_repository(course_.with_parent);
  Outcome undisturbed_;
  std::size_t warnings_ = 0;
};

TEST_P(KilledSnapshotTest, TheSameSeedGivesTheSameRun) {
  ASSERT_TRUE(undisturbed_.snapshot) << undisturbed_.message;
  Scene scene(stored_);
  const Outcome again = run(scene, course_, Blow::kNone, kNever);
  EXPECT_EQ(again.trace, undisturbed_.trace);
  EXPECT_EQ(again.operations, undisturbed_.operations);
  EXPECT_EQ(again.snapshot->tree, undisturbed_.snapshot->tree);
  EXPECT_EQ(warnings_, 3U) << "what cannot be read";
}

TEST_P(KilledSnapshotTest, D4_D5_D6_AStopAtAnySwitchEndsAll) {
  at_each(undisturbed_.switches, "switch", [&](std::size_t at) {
    Scene scene(stored_);
    const Outcome outcome = run(scene, course_, Blow::kStop, at);
    check_end(scene, outcome);
    EXPECT_EQ(outcome.snapshot.has_value(), !outcome.opened_before.has_value());
    if (!outcome.snapshot) {
      EXPECT_EQ(outcome.code, ErrorCode::kCancelled);
    }
    check_next_run(scene);
  });
}

TEST_P(KilledSnapshotTest, D4_D6_TheFirstErrorOfAnyOperationEndsAll) {
  at_each(undisturbed_.operations, "operation that fails", [&](std::size_t at) {
    Scene scene(stored_);
    const Outcome outcome = run(scene, course_, Blow::kFatal, at);
    check_end(scene, outcome);
    // That the parent snapshot cannot be read costs time only; that a partial one stays, nothing.
    const bool fatal = outcome.struck && outcome.struck->backend != BackendCall::kLoad &&
                       outcome.struck->backend != BackendCall::kRemove;
    EXPECT_EQ(outcome.snapshot.has_value(), !fatal);
    if (fatal) {
      EXPECT_EQ(outcome.message, "injected");
      EXPECT_EQ(outcome.code, ErrorCode::kInternal);
    }
    check_next_run(scene);
  });
}

TEST_P(KilledSnapshotTest, D6_AnyItemOrSaveThatCannotBeDone) {
  at_each(undisturbed_.operations, "operation that gives EIO", [&](std::size_t at) {
    Scene scene(stored_);
    const Outcome outcome = run(scene, course_, Blow::kIoError, at);
    EXPECT_FALSE(outcome.deadlocked);
    const bool fatal = outcome.struck && outcome.struck->backend == BackendCall::kSave;
    if (fatal) {
      check_end(scene, outcome);
      EXPECT_EQ(outcome.message, "injected");
      EXPECT_FALSE(outcome.snapshot);
    } else if (outcome.snapshot) {
      EXPECT_GE(scene.warnings(), warnings_);
    } else {
      EXPECT_EQ(outcome.code, ErrorCode::kNotFound) << "the target itself: " << outcome.message;
    }
    check_next_run(scene);
  });
}

std::string name_of(const ::testing::TestParamInfo<Course>& info) {
  const Course& course = info.param;
  return std::string(course.with_parent ? "WithParent" : "First") + "On" +
         std::to_string(course.threads) + "Seed" + std::to_string(course.seed);
}

INSTANTIATE_TEST_SUITE_P(Courses, KilledSnapshotTest,
                         ::testing::Values(Course{false, 2, 1}, Course{false, 2, 2},
                                           Course{false, 3, 3}, Course{false, 3, 4},
                                           Course{true, 2, 5}, Course{true, 2, 6},
                                           Course{true, 3, 7}, Course{true, 3, 8}),
                         name_of);

}  // namespace
}  // namespace snapfs
