// One line for a file or directory.
#include "cli/output/item_line.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

using std::chrono::milliseconds;

ItemReport some_item(ChangeKind change) {
  ItemReport item;
  item.path = "on disk";
  item.change = change;
  item.elapsed = milliseconds(12);
  item.data = {2048, 100};
  return item;
}

TEST(ItemText, SaysWhatAFileAdded) {
  EXPECT_EQ(item_text(some_item(ChangeKind::kNew), "/a"),
            "new       /a, saved in 0.012s (2.000 KiB added, 100 B stored)");
  EXPECT_EQ(item_text(some_item(ChangeKind::kChanged), "/a"),
            "modified  /a, saved in 0.012s (2.000 KiB added, 100 B stored)");
  EXPECT_EQ(item_text(some_item(ChangeKind::kUnmodified), "/a"), "unchanged /a");
}

TEST(ItemText, DirectoriesEndInASlashAndAddMetadata) {
  ItemReport item = some_item(ChangeKind::kNew);
  item.is_directory = true;
  item.data = {};
  item.metadata = {300, 200};
  EXPECT_EQ(item_text(item, "/a"),
            "new       /a/, saved in 0.012s (0 B added, 0 B stored, 200 B metadata)");
}

TEST(ItemText, QuotesWhatATerminalWouldObey) {
  EXPECT_EQ(item_text(some_item(ChangeKind::kUnmodified), "/a\n"), R"(unchanged "/a\n")");
}

TEST(ItemJson, HasTheMembersThatConsumersKnow) {
  EXPECT_EQ(item_json(some_item(ChangeKind::kChanged), "/a"),
            R"({"message_type":"verbose_status","action":"modified","item":"/a","duration":0.012,)"
            R"("data_size":2048,"data_size_in_repo":100,"metadata_size":0,)"
            R"("metadata_size_in_repo":0,"total_files":0})");
}

TEST(ItemJson, UnchangedItemsTakeNoTime) {
  EXPECT_NE(item_json(some_item(ChangeKind::kUnmodified), "/a").find(R"("duration":0,)"),
            std::string::npos);
}

TEST(ScanLine, SaysWhatThereIs) {
  EXPECT_EQ(scan_text(4, 22, milliseconds(8)), "scan finished in 0.008s: 4 files, 22 B");
  EXPECT_EQ(scan_json(4, 22, milliseconds(8)),
            R"({"message_type":"verbose_status","action":"scan_finished","item":"",)"
            R"("duration":0.008,"data_size":22,"data_size_in_repo":0,"metadata_size":0,)"
            R"("metadata_size_in_repo":0,"total_files":4})");
}

}  // namespace
}  // namespace snapfs
