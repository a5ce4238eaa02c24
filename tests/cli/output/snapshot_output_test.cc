// The last lines of a snapshot, for people and for programs.
#include "cli/output/snapshot_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

Snapshot some_snapshot() {
  Snapshot snapshot;
  snapshot.id.bytes.fill(0xab);
  SnapshotSummary summary;
  summary.backup_start = {{1, 500'000'000}, 0};
  summary.backup_end = {{3, 0}, 3600};
  summary.files_new = 1;
  summary.files_changed = 2;
  summary.files_unmodified = 3;
  summary.dirs_new = 4;
  summary.dirs_changed = 5;
  summary.dirs_unmodified = 6;
  summary.data_blobs = 7;
  summary.tree_blobs = 8;
  summary.data_added = 2048;
  summary.data_added_packed = 1024;
  summary.total_files_processed = 6;
  summary.total_bytes_processed = 3 << 20;
  snapshot.summary = summary;
  return snapshot;
}

TEST(SummaryText, NamesWhatWasDone) {
  EXPECT_EQ(summary_text(some_snapshot(), milliseconds(61'500), {}),
            "\nFiles:           1 new,     2 changed,     3 unmodified\n"
            "Dirs:            4 new,     5 changed,     6 unmodified\n"
            "Added to the repository: 2.000 KiB (1.000 KiB stored)\n"
            "\n"
            "processed 6 files, 3.000 MiB in 1:01\n"
            "snapshot abababab saved\n");
}

TEST(SummaryText, CountsBlobsForThoseWhoAskForMore) {
  EXPECT_THAT(summary_text(some_snapshot(), milliseconds(0), {.verbose = true}),
              HasSubstr("6 unmodified\nData Blobs:      7 new\nTree Blobs:      8 new\nAdded to"));
}

TEST(SummaryText, DryRunSavesNothing) {
  const std::string text = summary_text(some_snapshot(), milliseconds(0), {.dry_run = true});
  EXPECT_THAT(text, HasSubstr("Would add to the repository: 2.000 KiB (1.000 KiB stored)\n"));
  EXPECT_THAT(text, Not(HasSubstr("saved")));
}

TEST(SummaryText, SaysThatASnapshotWasSkipped) {
  Snapshot skipped = some_snapshot();
  skipped.id = {};
  EXPECT_THAT(summary_text(skipped, milliseconds(0), {}),
              EndsWith("\nskipped creating snapshot\n"));
  EXPECT_THAT(summary_json(skipped, milliseconds(0), {}), Not(HasSubstr("snapshot_id")));
}

TEST(SummaryJson, SaysThatARunWasDry) {
  EXPECT_THAT(summary_json(some_snapshot(), milliseconds(0), {.dry_run = true}),
              EndsWith(some_snapshot().id.hex() + R"(","dry_run":true})"));
}

TEST(SummaryJson, HasTheMembersThatConsumersKnow) {
  EXPECT_EQ(summary_json(some_snapshot(), milliseconds(1'500), {}),
            R"({"message_type":"summary","files_new":1,"files_changed":2,"files_unmodified":3,)"
            R"("dirs_new":4,"dirs_changed":5,"dirs_unmodified":6,"data_blobs":7,"tree_blobs":8,)"
            R"("data_added":2048,"data_added_packed":1024,"total_files_processed":6,)"
            R"("total_bytes_processed":3145728,"total_duration":1.5,)"
            R"("backup_start":"1970-01-01T00:00:01.5Z",)"
            R"("backup_end":"1970-01-01T01:00:03+01:00","snapshot_id":")" +
                some_snapshot().id.hex() + "\"}");
}

}  // namespace
}  // namespace snapfs
