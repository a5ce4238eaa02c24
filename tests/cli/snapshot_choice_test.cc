// Which snapshots names and filters stand for, and what they are called.
#include "cli/snapshot_choice.h"

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using testing::fails_with;
using testing::numbered_id;

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

SnapshotFilter of_host(const char* host) {
  SnapshotFilter filter;
  filter.hosts = {host};
  return filter;
}

using Times = std::vector<std::int64_t>;

TEST(SnapshotChoice, TakesWhatTheFilterMatches) {
  EXPECT_EQ(times(choose_snapshots(three(), {}, {})), (Times{0, 1000, 2000}));
  EXPECT_EQ(times(choose_snapshots(three(), {}, of_host("alpha"))), (Times{0, 2000}));
}

TEST(SnapshotChoice, TakesWhatIsNamedInItsOrderAndOnce) {
  const std::vector<std::string> names = {"30", "10", "3000"};
  EXPECT_EQ(times(choose_snapshots(three(), names, {})), (Times{0, 2000}));
  EXPECT_EQ(times(choose_snapshots(three(), {"latest"}, of_host("beta"))), (Times{1000}));
  EXPECT_TRUE(
      fails_with(ErrorCode::kNotFound, "77", [] { (void)choose_snapshots(three(), {"77"}, {}); }));
}

TEST(SnapshotChoice, ATitleCannotSteerTheTerminal) {
  const std::string title = title_of(three().front());
  EXPECT_TRUE(title.starts_with("snapshot 10000000 of [/a?[2J /b] at "));
}

}  // namespace
}  // namespace snapfs
