// What a check says at the end.
#include "cli/output/check_output.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

const Id kPack = {{0xab}};

TEST(CheckSummary, HasTheFieldsThatConsumersKnow) {
  CheckVerdict verdict;
  EXPECT_EQ(check_summary_json(verdict),
            R"({"message_type":"summary","num_errors":0,"broken_packs":null,)"
            R"("suggest_repair_index":false,"suggest_prune":false,)"
            R"("suggest_repair_snapshots":false})");
  verdict.errors = 2;
  verdict.broken_packs = {kPack};
  verdict.suggest_prune = true;
  EXPECT_EQ(check_summary_json(verdict),
            R"({"message_type":"summary","num_errors":2,"broken_packs":[")" + kPack.hex() +
                R"("],"suggest_repair_index":false,"suggest_prune":true,)"
                R"("suggest_repair_snapshots":false})");
}

TEST(CheckResult, SaysHowMuchWasRead) {
  CheckVerdict verdict;
  EXPECT_EQ(what_was_read(verdict), "");
  verdict.read_data = true;
  verdict.packs = 3;
  verdict.packs_read = 2;
  EXPECT_EQ(what_was_read(verdict), "the data of 2 of 3 packs was read\n");
  EXPECT_TRUE(check_summary_json(verdict).ends_with(R"(,"packs_read":2,"packs":3})"));
  verdict.packs_read = 0;
  EXPECT_EQ(what_was_read(verdict),
            "the data of 0 of 3 packs was read: none of them is in that part, so this says nothing "
            "of the data\n");
}

TEST(RepairAdvice, WhatIsStillAtItsPlaceComesBeforeWhatGivesUp) {
  CheckVerdict verdict;
  verdict.broken_packs = {kPack};
  verdict.read_data = true;
  const std::vector<std::string> sources = {"/home/me", "/it's here"};
  EXPECT_EQ(repair_advice(verdict, sources),
            "  snapfs repair packs " + kPack.hex() +
                "\n  snapfs snapshot --force /home/me '/it'\\''s here'\n"
                "  snapfs check --read-data\n  snapfs repair snapshots --forget\n");
  verdict = {};
  verdict.suggest_repair_index = true;
  EXPECT_EQ(repair_advice(verdict, sources), "  snapfs repair index\n");
}

TEST(RepairAdvice, NothingToRepairNeedsNone) {
  CheckVerdict verdict;
  verdict.suggest_prune = true;
  EXPECT_EQ(repair_advice(verdict), "");
}

TEST(RepairAdvice, SnapshotsComeLastAndOnlyAfterAnotherLook) {
  CheckVerdict verdict;
  verdict.suggest_repair_index = true;
  verdict.suggest_repair_snapshots = true;
  verdict.broken_packs = {kPack};
  verdict.read_data = true;
  EXPECT_EQ(repair_advice(verdict), "  snapfs repair index\n  snapfs repair packs " + kPack.hex() +
                                        "\n  snapfs check --read-data\n"
                                        "  snapfs repair snapshots --forget\n");
}

TEST(RepairAdvice, NothingIsGivenUpBeforeAllDataWasRead) {
  CheckVerdict verdict;
  verdict.suggest_repair_snapshots = true;
  EXPECT_EQ(repair_advice(verdict), "  snapfs check --read-data\n");
  verdict.suggest_repair_index = true;
  EXPECT_EQ(repair_advice(verdict), "  snapfs repair index\n  snapfs check --read-data\n");
  verdict.suggest_repair_index = false;
  verdict.read_data = true;
  verdict.packs = 3;
  verdict.packs_read = 2;  // --read-data-subset
  EXPECT_EQ(repair_advice(verdict), "  snapfs check --read-data\n");
  verdict.packs_read = 3;
  EXPECT_EQ(repair_advice(verdict), "  snapfs repair snapshots --forget\n");
}

}  // namespace
}  // namespace snapfs
