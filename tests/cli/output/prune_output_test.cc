// What prune says.
#include "cli/output/prune_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

PruneFigures figures() {
  PruneFigures figures;
  figures.used = {52, 23'000'000};
  figures.unused = {13, 5'000'000};
  figures.removed = {2, 3512};
  figures.repacked = {60, 27'000'000};
  figures.removed_by_repack = {11, 4'996'488};
  figures.packs_repacked = 2;
  return figures;
}

TEST(PruneOutput, ShowsFiguresThatAddUp) {
  const std::string text = prune_text(figures(), false);
  EXPECT_THAT(text, HasSubstr("total prune:          13 blobs / 4.768 MiB\n"));
  EXPECT_THAT(text, HasSubstr("remaining:            52 blobs / 21.935 MiB\n"));
  EXPECT_THAT(text, HasSubstr("unused size after prune: 0 B (0.00% of remaining size)\n"));
  EXPECT_THAT(text, Not(HasSubstr("packs")));
}

TEST(PruneOutput, SaysMoreWhenAsked) {
  const std::string text = prune_text(figures(), true);
  EXPECT_THAT(text, HasSubstr("unused size: 17.86% of total size\n"));
  EXPECT_THAT(text, HasSubstr("to repack:                   2 packs\n"));
  EXPECT_THAT(text, Not(HasSubstr("duplicates")));
}

TEST(PruneOutput, NamesTheFiguresForPrograms) {
  const std::string json = prune_json(figures(), true);
  EXPECT_THAT(json, HasSubstr(R"("message_type":"prune_summary","dry_run":true,)"));
  EXPECT_THAT(json, HasSubstr(R"("removed_by_repack_blobs":11,)"));
  EXPECT_THAT(json, HasSubstr(R"("remaining_bytes":23000000,)"));
}

}  // namespace
}  // namespace snapfs
