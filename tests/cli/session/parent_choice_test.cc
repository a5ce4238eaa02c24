// Which snapshot is the parent.
#include "cli/session/parent_choice.h"

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::numbered_id;

Snapshot snapshot(std::uint64_t number, const std::string& host, std::vector<std::string> paths,
                  std::vector<std::string> tags = {}) {
  Snapshot made;
  made.id = numbered_id(number);
  made.time.instant.seconds = static_cast<std::int64_t>(number);
  made.hostname = host;
  made.paths = std::move(paths);
  made.tags = std::move(tags);
  return made;
}

class ParentChoiceTest : public ::testing::Test {
 protected:
  ParentChoiceTest() {
    request_.hostname = "a";
    request_.targets.paths = {"/x"};
    request_.time.instant.seconds = 100;
  }

  /// The parent's time, 0 when there is none.
  std::int64_t parent(std::string_view group, std::string_view id = "") {
    const auto chosen = choose_parent(snapshots_, id, GroupBy::parse(group), request_);
    return chosen ? chosen->time.instant.seconds : 0;
  }

  std::vector<Snapshot> snapshots_ = {
      snapshot(1, "a", {"/x"}),        snapshot(2, "a", {"/x", "/y"}),
      snapshot(3, "b", {"/x"}),        snapshot(4, "a", {"/z"}, {"t", "u"}),
      snapshot(5, "b", {"/z"}, {"t"}), snapshot(200, "a", {"/x"}),
  };
  SnapshotRequest request_;
};

TEST_F(ParentChoiceTest, NewestOfTheGroupThatIsNotNewer) {
  EXPECT_EQ(parent("host,paths"), 2);
  EXPECT_EQ(parent("paths"), 3);
  EXPECT_EQ(parent("host"), 4);
  EXPECT_EQ(parent(""), 5);
}

TEST_F(ParentChoiceTest, AllTagsMustBeThere) {
  EXPECT_EQ(parent("tags"), 5) << "without tags there is nothing to compare";
  request_.tags = {"t"};
  EXPECT_EQ(parent("tags"), 5);
  EXPECT_EQ(parent("host,tags"), 4);
  request_.tags = {"u", "t"};
  EXPECT_EQ(parent("tags"), 4);
  request_.tags = {"v"};
  EXPECT_EQ(parent("tags"), 0);
}

TEST_F(ParentChoiceTest, NamedOneNeedNotBeOfTheGroup) {
  EXPECT_EQ(parent("host,paths", numbered_id(5).hex()), 5);
  EXPECT_EQ(parent("host,paths", "latest"), 200);
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { parent("host,paths", "deadbeef"); }));
}

}  // namespace
}  // namespace snapfs
