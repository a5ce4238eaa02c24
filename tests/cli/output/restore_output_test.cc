// What a restore tells, for people and for programs.
#include "cli/output/restore_output.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

using std::chrono::milliseconds;

RestoreFigures some_figures() {
  RestoreFigures figures;
  figures.elapsed = milliseconds(61'500);
  figures.files_total = 4;
  figures.files_restored = 4;
  figures.bytes_total = 3 << 20;
  figures.bytes_restored = 3 << 20;
  return figures;
}

TEST(RestoreSummary, NamesWhatWasDone) {
  EXPECT_EQ(restore_summary_text(some_figures()),
            "Summary: Restored 4 files/dirs (3.000 MiB) in 1:01");
  EXPECT_EQ(restore_summary_json(some_figures()),
            R"({"message_type":"summary","seconds_elapsed":61,"total_files":4,"files_restored":4,)"
            R"("total_bytes":3145728,"bytes_restored":3145728})");
}

TEST(RestoreSummary, SaysWhatIsMissingSkippedAndDeleted) {
  RestoreFigures figures = some_figures();
  figures.files_restored = 3;
  figures.bytes_restored = 1 << 20;
  figures.files_skipped = 2;
  figures.bytes_skipped = 8;
  figures.files_deleted = 1;
  EXPECT_EQ(restore_summary_text(figures),
            "Summary: Restored 3 / 4 files/dirs (1.000 MiB / 3.000 MiB) in 1:01, skipped 2 "
            "files/dirs 8 B, deleted 1 files/dirs");
  EXPECT_EQ(restore_summary_json(figures),
            R"({"message_type":"summary","seconds_elapsed":61,"total_files":4,"files_restored":3,)"
            R"("files_skipped":2,"files_deleted":1,"total_bytes":3145728,)"
            R"("bytes_restored":1048576,"bytes_skipped":8})");
}

TEST(RestoreStatus, HasTheShareOfTheBytes) {
  RestoreFigures figures = some_figures();
  figures.elapsed = milliseconds(300);
  figures.bytes_restored = 3 << 18;
  EXPECT_EQ(restore_status_json(figures),
            R"({"message_type":"status","percent_done":0.25,"total_files":4,"files_restored":4,)"
            R"("total_bytes":3145728,"bytes_restored":786432})");
  EXPECT_EQ(restore_status_json({}), R"({"message_type":"status","percent_done":0})");
}

TEST(RestoredItem, NamesActionAndSize) {
  EXPECT_EQ(restored_item_text({RestoreAction::kUpdated, "/a", true, 1024}),
            "updated   /a with size 1.000 KiB");
  EXPECT_EQ(restored_item_text({RestoreAction::kRestored, "/dir", false, 0}), "restored  /dir");
  EXPECT_EQ(restored_item_json({RestoreAction::kUnchanged, "/a", true, 7}),
            R"({"message_type":"verbose_status","action":"unchanged","item":"/a","size":7})");
  EXPECT_EQ(restored_item_json({RestoreAction::kDeleted, "/t/a", false, 0}),
            R"({"message_type":"verbose_status","action":"deleted","item":"/t/a","size":0})");
}

}  // namespace
}  // namespace snapfs
