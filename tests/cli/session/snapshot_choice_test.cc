// Which snapshots names and filters stand for, and what they are called.
#include "cli/session/snapshot_choice.h"

#include <gtest/gtest.h>

#include "cli/option/filter_options.h"
#include "fs/backend/memory.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::numbered_id;

std::vector<Snapshot> three() {
  std::vector<Snapshot> all(3);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].id = numbered_id((i + 1) << 60);
    all[i].time.instant.seconds = static_cast<std::int64_t>(1000 * i);
    all[i].hostname = i == 1 ? "beta" : "alpha";
    all[i].paths = {"/a\x1b[2J", "/b"};
  }
  return all;
}

std::vector<std::int64_t> times(const std::vector<Snapshot>& snapshots) {
  std::vector<std::int64_t> times;
  for (const Snapshot& snapshot : snapshots) times.push_back(snapshot.time.instant.seconds);
  return times;
}

FilterOptions of_host(const char* host) {
  FilterOptions filter;
  filter.hosts = {host};
  return filter;
}

using Times = std::vector<std::int64_t>;

TEST(SnapshotChoice, TakesWhatTheFilterMatches) {
  const SnapshotChoice choice(false);
  EXPECT_EQ(times(choice.among(three(), {}, {})), (Times{0, 1000, 2000}));
  EXPECT_EQ(times(choice.among(three(), {}, of_host("alpha"))), (Times{0, 2000}));
}

TEST(SnapshotChoice, TakesWhatIsNamedInItsOrderAndOnce) {
  const SnapshotChoice choice(false);
  EXPECT_EQ(times(choice.among(three(), {"30", "10", "3000"}, {})), (Times{0, 2000}));
  EXPECT_EQ(times(choice.among(three(), {"latest"}, of_host("beta"))), (Times{1000}));
  EXPECT_TRUE(
      fails_with(ErrorCode::kNotFound, "77", [&] { (void)choice.among(three(), {"77"}, {}); }));
}

TEST(SnapshotChoice, TimesNameSnapshotsOnlyToLookAt) {
  const SnapshotChoice looking(false);
  EXPECT_EQ(times(looking.among(three(), {"yesterday"}, {})), (Times{2000}));
  EXPECT_EQ(times(looking.among(three(), {"yesterday"}, of_host("beta"))), (Times{1000}));
  EXPECT_EQ(times(looking.among(three(), {"1970-01-01T00:20Z"}, {})), (Times{1000}));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, "1969",
                         [&] { (void)looking.among(three(), {"1969-01"}, {}); }));
  // What could be an ID is one.
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, "ID begins with \"7d\": such digits",
                         [&] { (void)looking.among(three(), {"7d"}, {}); }));
  EXPECT_EQ(times(looking.among(three(), {"7d-ago"}, {})), (Times{2000}));
  const SnapshotChoice changing(false, ChoiceFor::kChanging);
  for (const char* const time : {"yesterday", "now", "2026-11-01", "7d-ago"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "a time is no name",
                           [&] { (void)changing.among(three(), {time}, {}); }));
  }
  EXPECT_EQ(times(changing.among(three(), {"latest"}, {})), (Times{2000}));
}

TEST(SnapshotChoice, OneNameThatFitsNoneRefusesAll) {
  const SnapshotChoice choice(false, ChoiceFor::kChanging);
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, "77", [&] {
    (void)choice.among(three(), {"20", "77"}, {});
  }));
}

TEST(SnapshotChoice, DamagedSnapshotsAreLeftOutAndShowInTheStatus) {
  MemoryBackend memory;
  test::RepositoryMaker maker(memory);
  const Id tree = maker.add_tree({});
  maker.add_snapshot(tree, "2026-01-01T00:00:00Z");
  const Id damaged = maker.add_snapshot(tree, "2026-01-02T00:00:00Z").id;
  SnapshotChoice choice(false);
  EXPECT_EQ(choice.choose(maker.repository(), {}, {}, {}).size(), 2U);
  EXPECT_EQ(choice.finish(), ExitCode::kSuccess);
  memory.save({FileKind::kSnapshot, damaged}, as_bytes("nonsense"), {});
  EXPECT_EQ(choice.choose(maker.repository(), {}, {}, {}).size(), 1U);
  EXPECT_EQ(choice.finish(), ExitCode::kFatal);
  EXPECT_EQ(choice.finish(ExitCode::kIncomplete), ExitCode::kIncomplete);
}

}  // namespace
}  // namespace snapfs
