#include "cli/output/drill_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

DrillFigures some_figures() {
  DrillFigures figures;
  figures.compared = 5;
  figures.changed = 2;
  figures.gone = 1;
  figures.bytes = 2048;
  figures.elapsed = std::chrono::seconds(65);
  return figures;
}

TEST(DrillOutput, TellsWhatIsThereAlwaysAndTroubleWhenThereIsSome) {
  DrillFigures figures = some_figures();
  EXPECT_EQ(
      drill_summary_text(figures),
      "Summary: restored 8 of 8 items (2.000 KiB) in 1:05: 5 compared and the same, 2 changed "
      "since, 1 gone since");
  figures.different = 3;
  figures.unreadable = 4;
  EXPECT_THAT(drill_summary_text(figures), HasSubstr("restored 8 of 15 items"));
  EXPECT_THAT(drill_summary_text(figures), HasSubstr(", 3 different, 4 unreadable"));
  EXPECT_THAT(drill_summary_text(figures), Not(HasSubstr("not compared")));
}

TEST(DrillOutput, JsonHasEveryCount) {
  const DrillTask task = {.seed = 11, .items = 8, .items_total = 900};
  const std::string json = drill_summary_json(task, some_figures());
  EXPECT_THAT(json, HasSubstr(R"("message_type":"summary")"));
  EXPECT_THAT(json, HasSubstr(R"("seed":11,"total_items":900,"items":8,"restored":8,"compared":5,)"
                              R"("changed_since":2,"gone_since":1,"uncompared":0,"closed":0,)"
                              R"("different":0,"unreadable":0,"bytes_restored":2048)"));
}

}  // namespace
}  // namespace snapfs
