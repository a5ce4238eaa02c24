// What the options of "snapshot" stand for.
#include "cli/option/snapshot_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/scoped_variable.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::ScopedVariable;
using ::testing::ElementsAre;

TEST(SnapshotOptions, TagsAreSplitAndEmptyOnesLeftOut) {
  SnapshotOptions options;
  options.tags = {"a,,b", "", " c ,a"};
  EXPECT_THAT(options.tag_list(), ElementsAre("a", "b", "c", "a"));
}

TEST(SnapshotOptions, TheTagOfPartialSnapshotsIsOurs) {
  SnapshotOptions options;
  options.tags = {"a,snapfs-partial"};
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "choose another", [&] { (void)options.tag_list(); }));
}

TEST(SnapshotOptions, ReadConcurrencyIsANumber) {
  SnapshotOptions options;
  EXPECT_EQ(options.read_concurrency_count(), 0U);
  const ScopedVariable variable("RESTIC_READ_CONCURRENCY", "3");
  EXPECT_EQ(options.read_concurrency_count(), 3U);
  options.read_concurrency = "0";
  EXPECT_EQ(options.read_concurrency_count(), 0U);
  for (const char* text : {"-1", "x", "1025", "99999999999999999999"}) {
    options.read_concurrency = text;
    EXPECT_TRUE(
        fails_with(ErrorCode::kUsage, text, [&] { (void)options.read_concurrency_count(); }));
  }
}

}  // namespace
}  // namespace snapfs
