// What a running snapshot shows.
#include "cli/output/progress_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

ProgressFigures half_way() {
  ProgressFigures figures;
  figures.elapsed = seconds(10);
  figures.files_done = 12;
  figures.bytes_done = 50 << 20;
  figures.files_total = 30;
  figures.bytes_total = 100 << 20;
  return figures;
}

TEST(ProgressLine, ShowsFilesBytesRateAndTheTimeLeft) {
  EXPECT_EQ(progress_line(half_way(), 200),
            "[0:10] 50.00%  12 / 30 files  50.000 MiB / 100.000 MiB  5.000 MiB/s  ETA 0:10");
}

TEST(ProgressLine, LeavesOutWhatNobodyKnows) {
  ProgressFigures figures = half_way();
  figures.files_total.reset();
  figures.bytes_total.reset();
  EXPECT_EQ(progress_line(figures, 200), "[0:10] 12 files  50.000 MiB  5.000 MiB/s");
}

TEST(ProgressLine, CountsOtherThingsThanFiles) {
  ProgressFigures figures;
  figures.unit = "packs";
  figures.files_done = 1;
  figures.files_total = 4;
  EXPECT_EQ(progress_line(figures, 200), "[0:00] 25.00%  1 / 4 packs");
  figures.elapsed = seconds(5);
  EXPECT_EQ(progress_line(figures, 200), "[0:05] 25.00%  1 / 4 packs  ETA 0:15");
  figures.files_total.reset();
  figures.elapsed = seconds(0);
  EXPECT_EQ(progress_line(figures, 200), "[0:00] 1 packs");
  figures.bytes_done = 2048;
  EXPECT_EQ(progress_line(figures, 200), "[0:00] 1 packs  2.000 KiB");
}

TEST(ProgressLine, CountsErrors) {
  ProgressFigures figures;
  figures.errors = 1;
  EXPECT_EQ(progress_line(figures, 200), "[0:00] 0 files  0 B  1 error");
}

TEST(ProgressLine, LeavesOutPartsWhereItWouldNotFitAndTheEtaLast) {
  ProgressFigures figures = half_way();
  figures.elapsed = seconds(3600);
  figures.files_done = 123'456;
  figures.files_total = 2'345'678;
  figures.bytes_done = std::uint64_t{200} << 30;
  figures.bytes_total = std::uint64_t{900} << 30;
  figures.errors = 12;
  const std::pair<std::size_t, const char*> lines[] = {
      {0,
       "[1:00:00] 22.22%  123456 / 2345678 files  200.000 GiB / 900.000 GiB  56.889 MiB/s  ETA "
       "3:30:01  12 errors"},
      {80, "[1:00:00] 22.22%  123456 / 2345678 files  ETA 3:30:01  12 errors"},
      {64, "[1:00:00] 22.22%  ETA 3:30:01  12 errors"},
      {40, "[1:00:00] 22.22%  ETA 3:30:01"},
      {24, "[1:00:00] ETA 3:30:01"},
      {20, "ETA 3:30:01"},
      {12, "ETA 3:30:01"},
      {8, "ETA 3:3"},
  };
  for (const auto& [columns, line] : lines) EXPECT_EQ(progress_line(figures, columns), line);
  figures.errors = 0;
  figures.files_total = 12'345;
  EXPECT_EQ(progress_line(figures, 81),
            "[1:00:00] 22.22%  123456 / 12345 files  200.000 GiB / 900.000 GiB  ETA 3:30:01");
}

TEST(ProgressLine, NeverFillsTheLastColumn) {
  for (std::size_t columns = 1; columns < 120; ++columns) {
    EXPECT_LT(progress_line(half_way(), columns).size(), columns);
    const bool has_room = columns > 8;
    EXPECT_EQ(progress_line(half_way(), columns).find("ETA 0:10") != std::string::npos, has_room)
        << columns;
  }
}

TEST(ProgressLine, SourceThatGrewIsDoneNotMore) {
  ProgressFigures figures = half_way();
  figures.bytes_done = 200 << 20;
  EXPECT_EQ(remaining_time(figures), seconds(0));
  EXPECT_NE(progress_line(figures, 200).find("100.00%"), std::string::npos);
}

TEST(ProgressLine, NoRateInTheFirstMoments) {
  ProgressFigures figures = half_way();
  figures.elapsed = milliseconds(100);
  EXPECT_EQ(bytes_per_second(figures), 0U);
  EXPECT_EQ(remaining_time(figures), std::nullopt);
}

TEST(ProgressLines, FilesBeingReadComeBelow) {
  ProgressFigures figures = half_way();
  figures.current_files = {"/a", "/b\x1b[2J\n", "/c/äö漢字"};
  const auto lines = progress_lines(figures, {.columns = 200, .rows = 24});
  EXPECT_THAT(lines,
              ElementsAre(progress_line(figures, 200), "/a", R"("/b\x1b[2J\n")", "/c/äö漢字"));
  EXPECT_THAT(progress_lines(figures, {.columns = 8, .rows = 24}),
              ElementsAre("ETA 0:1", "/a", R"("/b\x1b)", "/c/äö漢"));
}

TEST(ProgressLines, NeverMoreThanTheTerminalHas) {
  ProgressFigures figures = half_way();
  figures.current_files.assign(100, "/a");
  EXPECT_EQ(progress_lines(figures, {.columns = 80, .rows = 24}).size(), 9U);
  EXPECT_EQ(progress_lines(figures, {.columns = 80, .rows = 5}).size(), 4U);
  EXPECT_EQ(progress_lines(figures, {.columns = 80, .rows = 1}).size(), 1U);
  EXPECT_EQ(progress_lines(figures, {.columns = 1, .rows = 9}).back(), "");
}

TEST(ProgressLines, AreErasedFromTheFirstOn) {
  EXPECT_EQ(erase_lines(0), "");
  EXPECT_EQ(erase_lines(1), "\r\x1b[J");
  EXPECT_EQ(erase_lines(4), "\r\x1b[3A\x1b[J");
}

TEST(ProgressJson, HasTheFieldsThatConsumersKnow) {
  ProgressFigures figures = half_way();
  figures.errors = 2;
  figures.current_files = {"/a"};
  EXPECT_EQ(progress_json(figures),
            R"({"message_type":"status","seconds_elapsed":10,"seconds_remaining":10,)"
            R"("percent_done":0.5,"total_files":30,"files_done":12,"total_bytes":104857600,)"
            R"("bytes_done":52428800,"error_count":2,"current_files":["/a"]})");
}

TEST(ProgressJson, LeavesOutZeros) {
  EXPECT_EQ(progress_json(ProgressFigures{}), R"({"message_type":"status","percent_done":0})");
}

}  // namespace
}  // namespace snapfs
