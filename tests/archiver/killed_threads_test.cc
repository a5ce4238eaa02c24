// Ends whole snapshots at random operations with real threads: what the seeded runs cannot show,
// the races between an end and everything else. A hang shows as the test's time limit in ctest.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/archiver/scene.h"
#include "tests/support/heap_meter.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::Blow;
using test::HeapMeter;
using test::Operation;
using test::Scene;
using test::StoredRepository;

constexpr int kRounds = 240;
constexpr std::size_t kOperations = 130;  // about as many as a run has

struct Outcome {
  std::optional<Snapshot> snapshot;
  ErrorCode code{};
  std::string message;
};

Outcome take(Scene& scene, unsigned threads, StopToken stop) {
  Outcome outcome;
  try {
    outcome.snapshot = scene.take(threads, nullptr, std::move(stop));
  } catch (const Error& error) {
    outcome.code = error.code();
    outcome.message = error.what();
  }
  return outcome;
}

class KilledThreadsTest : public ::testing::Test {
 protected:
  KilledThreadsTest() {
    Scene before;
    first_ = before.store(std::nullopt);
    second_ = before.store(before.take(2));
    expected_ = Scene(first_).take(2).tree;
  }

  void kill_one(const StoredRepository& stored, Blow blow, std::size_t at, unsigned threads,
                std::chrono::milliseconds checkpoint_every) {
    Scene scene(stored);
    scene.write_checkpoints(checkpoint_every);
    StopSource stop;
    std::optional<BackendCall> struck;
    std::size_t opened_before = 0;
    std::atomic<bool> ended = false;
    scene.observe_end([&] {
      opened_before = scene.opened_files();
      ended = true;
    });
    scene.observe([&](const Operation& operation) {
      if (operation.number != at) return;
      struck = operation.backend;
      if (blow != Blow::kStop) strike(blow, operation);
      stop.request_stop();
    });
    const std::size_t snapshots = scene.finished_snapshots();
    const Outcome outcome = take(scene, threads, stop.get_token());
    scene.observe(nullptr);
    scene.observe_end(nullptr);

    const std::size_t finished = snapshots + (outcome.snapshot ? 1 : 0);
    EXPECT_EQ(scene.finished_snapshots(), finished);
    const std::size_t before = scene.stored(FileKind::kSnapshot);
    if (before > finished) ++partial_;
    const bool fatal =
        blow == Blow::kStop || struck == BackendCall::kSave ||
        (blow == Blow::kFatal && struck != BackendCall::kLoad && struck != BackendCall::kRemove);
    if (ended && !fatal) {
      EXPECT_EQ(outcome.code, ErrorCode::kNotFound) << "the target itself: " << outcome.message;
    } else if (ended) {
      EXPECT_FALSE(outcome.snapshot);
      EXPECT_EQ(outcome.code == ErrorCode::kCancelled, blow == Blow::kStop) << outcome.message;
      // Each file saver may have looked for the stop just before it came.
      EXPECT_LE(scene.opened_files(), opened_before + threads) << "D4";
    }
    const Outcome next = take(scene, threads, {});
    ASSERT_TRUE(next.snapshot) << next.message;
    EXPECT_EQ(next.snapshot->tree, expected_);
    // The source has items that cannot be read, which an earlier partial snapshot may have.
    EXPECT_EQ(scene.stored(FileKind::kSnapshot), before + 1);
  }

  StoredRepository first_;
  StoredRepository second_;
  Id expected_;
  int partial_ = 0;  ///< runs that left a partial snapshot
};

TEST_F(KilledThreadsTest, D4_D5_D6_EverybodyReturnsWheneverItHappens) {
  std::mt19937 random(20240229);
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    const Blow blow = std::array{Blow::kStop, Blow::kFatal, Blow::kIoError}[random() % 3];
    const std::size_t at = 1 + random() % kOperations;
    const unsigned threads = 2 + random() % 2;
    SCOPED_TRACE("round " + std::to_string(round) + ", operation " + std::to_string(at));
    const std::size_t blocks = HeapMeter::live_blocks();
    kill_one(round % 2 == 0 ? first_ : second_, blow, at, threads,
             std::chrono::milliseconds(round / 2 % 2));
    EXPECT_EQ(HeapMeter::live_blocks(), blocks) << "something was not freed";
  }
  std::printf("%d runs were ended, of which %d left a partial snapshot\n", kRounds, partial_);
}

}  // namespace
}  // namespace snapfs
