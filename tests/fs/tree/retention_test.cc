// What a policy keeps of one group of snapshots (FORMAT §14).
#include "fs/tree/retention.h"

#include <map>

#include <gtest/gtest.h>

#include "fs/time/rfc3339.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::numbered_id;

struct Taken {
  const char* time;
  std::vector<std::string> tags = {};
};

std::vector<Snapshot> group_of(const std::vector<Taken>& taken) {
  std::vector<Snapshot> group;
  for (const Taken& one : taken) {
    Snapshot snapshot;
    snapshot.id = numbered_id(group.size() + 1);
    snapshot.time = parse_rfc3339(one.time).value();
    snapshot.tags = one.tags;
    snapshot.program_version = "snapfs 1";
    group.push_back(std::move(snapshot));
  }
  return group;
}

/// Time of the snapshot → reasons, in the words of the reference.
using Reasons = std::map<std::string, std::vector<std::string>>;

Reasons kept(const std::vector<Taken>& taken, const RetentionPolicy& policy) {
  const Timestamp now = parse_rfc3339("2026-11-23T12:00:00Z")->instant;
  const RetentionVerdict verdict = apply_retention(group_of(taken), policy, {now, TimeZone()});
  EXPECT_EQ(verdict.keep.size() + verdict.remove.size(), taken.size());
  Reasons reasons;
  for (const KeptSnapshot& one : verdict.keep) {
    reasons[format_rfc3339(one.snapshot.time)] = one.reasons;
  }
  return reasons;
}

RetentionPolicy keep(KeepPeriod period, std::int64_t count) {
  RetentionPolicy policy;
  policy.count(period) = count;
  return policy;
}

RetentionPolicy keep_within(KeepPeriod period, std::string_view duration) {
  RetentionPolicy policy;
  policy.within_last(period) = CalendarDuration::parse(duration);
  return policy;
}

TEST(Retention, NewestOfEachPeriodIsKept) {
  const std::vector<Taken> taken = {{"2026-03-01T10:00:00Z"}, {"2026-03-01T10:30:00Z"},
                                    {"2026-03-01T11:00:00Z"}, {"2026-03-02T09:00:00Z"},
                                    {"2026-04-01T09:00:00Z"}, {"2026-04-01T09:30:00Z"}};
  EXPECT_EQ(kept(taken, keep(KeepPeriod::kLast, 2)),
            (Reasons{{"2026-04-01T09:30:00Z", {"last snapshot"}},
                     {"2026-04-01T09:00:00Z", {"last snapshot"}}}));
  EXPECT_EQ(kept(taken, keep(KeepPeriod::kHourly, 3)),
            (Reasons{{"2026-04-01T09:30:00Z", {"hourly snapshot"}},
                     {"2026-03-02T09:00:00Z", {"hourly snapshot"}},
                     {"2026-03-01T11:00:00Z", {"hourly snapshot"}}}));
  EXPECT_EQ(kept(taken, keep(KeepPeriod::kMonthly, 2)),
            (Reasons{{"2026-04-01T09:30:00Z", {"monthly snapshot"}},
                     {"2026-03-02T09:00:00Z", {"monthly snapshot"}}}));
}

TEST(Retention, OldestStaysWhileARuleHasSomeLeft) {
  const std::vector<Taken> taken = {{"2026-03-01T10:00:00Z"}, {"2026-03-01T10:30:00Z"}};
  EXPECT_EQ(kept(taken, keep(KeepPeriod::kDaily, 2)),
            (Reasons{{"2026-03-01T10:30:00Z", {"daily snapshot"}},
                     {"2026-03-01T10:00:00Z", {"oldest daily snapshot"}}}));
  EXPECT_EQ(kept(taken, keep(KeepPeriod::kDaily, 1)),
            (Reasons{{"2026-03-01T10:30:00Z", {"daily snapshot"}}}));
  EXPECT_EQ(kept(taken, keep(KeepPeriod::kYearly, RetentionPolicy::kUnlimited)).size(), 2U);
}

TEST(Retention, WeeksAreThoseOfIso8601) {
  // 2020-12-31 and 2021-01-03 are in week 53 of 2020, 2021-01-04 is in week 1 of 2021, and
  // 2024-12-30 is in week 1 of 2025.
  const std::vector<Taken> taken = {{"2020-12-30T10:00:00Z"}, {"2020-12-31T10:00:00Z"},
                                    {"2021-01-03T10:00:00Z"}, {"2021-01-04T10:00:00Z"},
                                    {"2024-12-29T10:00:00Z"}, {"2024-12-30T10:00:00Z"},
                                    {"2025-01-05T10:00:00Z"}};
  Reasons expected;
  for (const char* time : {"2025-01-05T10:00:00Z", "2024-12-29T10:00:00Z", "2021-01-04T10:00:00Z",
                           "2021-01-03T10:00:00Z"}) {
    expected[time] = {"weekly snapshot"};
  }
  EXPECT_EQ(kept(taken, keep(KeepPeriod::kWeekly, 4)), expected);
}

TEST(Retention, PeriodsAreThoseOfTheZoneThatWasRecorded) {
  // The same day in their zones, two days in UTC; and the other way round.
  EXPECT_EQ(kept({{"2026-03-01T00:30:00+02:00"}, {"2026-03-01T23:30:00+02:00"}},
                 keep(KeepPeriod::kDaily, 1))
                .size(),
            1U);
  EXPECT_EQ(kept({{"2026-03-01T23:30:00-02:00"}, {"2026-03-02T00:30:00-02:00"}},
                 keep(KeepPeriod::kDaily, 2)),
            (Reasons{{"2026-03-01T23:30:00-02:00", {"daily snapshot"}},
                     {"2026-03-02T00:30:00-02:00", {"daily snapshot"}}}));
}

TEST(Retention, WithinCountsBackFromTheNewestThatIsNotToCome) {
  const std::vector<Taken> taken = {{"2026-03-01T10:00:00Z"},
                                    {"2026-03-02T10:00:00Z"},
                                    {"2026-03-03T09:59:59Z"},
                                    {"2026-03-03T10:00:00Z"},
                                    {"2027-01-01T00:00:00Z"}};
  EXPECT_EQ(kept(taken, keep_within(KeepPeriod::kLast, "1d")),
            (Reasons{{"2027-01-01T00:00:00Z", {"within 1d"}},
                     {"2026-03-03T10:00:00Z", {"within 1d"}},
                     {"2026-03-03T09:59:59Z", {"within 1d"}}}))
      << "exactly a day before is too old";
  EXPECT_EQ(kept(taken, keep_within(KeepPeriod::kDaily, "1d1h")),
            (Reasons{{"2027-01-01T00:00:00Z", {"daily within 1d1h"}},
                     {"2026-03-03T10:00:00Z", {"daily within 1d1h"}},
                     {"2026-03-02T10:00:00Z", {"daily within 1d1h"}}}));
}

TEST(Retention, AllToComeAreWithin) {
  EXPECT_EQ(kept({{"2027-01-01T00:00:00Z"}, {"2028-01-01T00:00:00Z"}},
                 keep_within(KeepPeriod::kLast, "1h"))
                .size(),
            2U);
}

TEST(Retention, TagsKeepWhatHasAllOfAList) {
  RetentionPolicy policy;
  policy.tags = {{"a", "b"}, {""}};
  EXPECT_EQ(kept({{"2026-03-01T10:00:00Z", {"b", "c", "a"}},
                  {"2026-03-02T10:00:00Z", {"a"}},
                  {"2026-03-03T10:00:00Z"}},
                 policy),
            (Reasons{{"2026-03-01T10:00:00Z", {"has tags [a, b]"}},
                     {"2026-03-03T10:00:00Z", {"has tags []"}}}));
}

TEST(Retention, EveryRuleSeesEverySnapshot) {
  RetentionPolicy policy = keep(KeepPeriod::kLast, 1);
  policy.count(KeepPeriod::kDaily) = 2;
  policy.count(KeepPeriod::kYearly) = 1;
  EXPECT_EQ(
      kept({{"2026-03-01T10:00:00Z"}, {"2026-03-02T10:00:00Z"}, {"2026-03-03T10:00:00Z"}}, policy),
      (Reasons{{"2026-03-03T10:00:00Z", {"last snapshot", "daily snapshot", "yearly snapshot"}},
               {"2026-03-02T10:00:00Z", {"daily snapshot"}}}));
}

TEST(Retention, PartialSnapshotsAreNeitherCountedNorRemoved) {
  const std::string partial(kPartialTag);
  EXPECT_EQ(
      kept(
          {{"2026-03-01T10:00:00Z"}, {"2026-03-02T10:00:00Z"}, {"2026-03-03T10:00:00Z", {partial}}},
          keep(KeepPeriod::kLast, 1)),
      (Reasons{{"2026-03-02T10:00:00Z", {"last snapshot"}},
               {"2026-03-03T10:00:00Z", {"partial snapshot"}}}));
}

TEST(Retention, NoRulesKeepNothing) {
  EXPECT_EQ(kept({{"2026-03-01T10:00:00Z"}, {"2026-03-02T10:00:00Z", {std::string(kPartialTag)}}},
                 RetentionPolicy{}),
            Reasons{});
}

TEST(Retention, PolicyIsSaidInWords) {
  RetentionPolicy policy = keep(KeepPeriod::kLast, 3);
  policy.count(KeepPeriod::kHourly) = RetentionPolicy::kUnlimited;
  policy.within_last(KeepPeriod::kLast) = CalendarDuration::parse("3d");
  policy.within_last(KeepPeriod::kWeekly) = CalendarDuration::parse("1y");
  policy.tags = {{"a", "b"}, {"c"}};
  EXPECT_EQ(
      policy.text(),
      "keep 3 latest, all hourly snapshots, weekly snapshots within 1y and all snapshots with "
      "tags [a, b] or [c] and all snapshots within 3d of the newest");
  EXPECT_EQ(RetentionPolicy{}.text(), "remove all");
}

}  // namespace
}  // namespace snapfs
