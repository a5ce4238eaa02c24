// That a reply which does not fit what happened is noticed.
#include "tests/sim/fault_judge.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs::sim {
namespace {

using ::testing::HasSubstr;

/// With the first of fault_commands(), which takes a snapshot.
std::string judged(FaultKind kind, const Reply& reply) {
  const FaultCase fault_case{0, {kind, 1, false}, {}};
  return judge(fault_case, reply, {.output = "as usual", .effect = "as usual"});
}

Reply failure(int status, std::size_t last_words = 1) {
  return {.status = status, .messages = "snapfs: it says why", .last_words = last_words};
}

TEST(FaultJudgeTest, WhatIsRightPasses) {
  EXPECT_EQ(judged(FaultKind::kIo, {.output = "as usual", .effect = "as usual"}), "");
  EXPECT_EQ(judged(FaultKind::kIo, failure(1)), "");
  EXPECT_EQ(judged(FaultKind::kGone, failure(10)), "");
  EXPECT_EQ(judged(FaultKind::kFlippedBit, failure(12)), "");
}

TEST(FaultJudgeTest, AStatusThatDoesNotFitTheFaultIsNoticed) {
  for (const int status : {10, 11, 12, 130, 139}) {
    EXPECT_THAT(judged(FaultKind::kUnavailable, failure(status)), HasSubstr("does not fit"));
    EXPECT_THAT(judged(FaultKind::kWrongCredentials, failure(status)), HasSubstr("does not fit"));
  }
}

TEST(FaultJudgeTest, AnotherResultIsNoticed) {
  EXPECT_THAT(judged(FaultKind::kIo, {.output = "as unusual", .effect = "as usual"}),
              HasSubstr("another output"));
  EXPECT_THAT(judged(FaultKind::kIo, {.output = "as usual", .effect = "other"}),
              HasSubstr("another effect"));
}

TEST(FaultJudgeTest, NoLastWordsOrSeveralAreNoticed) {
  EXPECT_THAT(judged(FaultKind::kIo, failure(1, 0)), HasSubstr("0 last words"));
  EXPECT_THAT(judged(FaultKind::kIo, failure(1, 2)), HasSubstr("2 last words"));
  EXPECT_THAT(judged(FaultKind::kIo, {.output = "as usual", .last_words = 1, .effect = "as usual"}),
              HasSubstr("a word of why it failed"));
}

TEST(FaultJudgeTest, DamageIsNotToldOfAStorageThatOnlyFailed) {
  const Reply reply{.status = 1, .messages = "snapfs: it is damaged", .last_words = 1};
  EXPECT_THAT(judged(FaultKind::kIo, reply), HasSubstr("blaming the repository"));
  EXPECT_EQ(judged(FaultKind::kShort, reply), "");
}

TEST(FaultJudgeTest, OnlyWhatDiffersFromRunToRunIsLeftOut) {
  const auto is_new = [](std::string_view id) { return id == "0123abcd"; };
  EXPECT_EQ(comparable("0123abcd and 4567abcd, done in 1:02", is_new), "… and 4567abcd, done …");
}

}  // namespace
}  // namespace snapfs::sim
