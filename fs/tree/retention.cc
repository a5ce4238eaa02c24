// The rules, each with the memory of what it has seen so far.
#include "fs/tree/retention.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fs/time/civil_date.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {
namespace {

constexpr std::array<std::string_view, kKeepPeriods> kNames = {"last",   "hourly",  "daily",
                                                               "weekly", "monthly", "yearly"};

/// The ISO 8601 week of a day counted from 1970-01-01, as year · 100 + week: the week belongs to
/// the year that has its Thursday.
std::int64_t iso_week(std::int64_t day) {
  const std::int64_t weekday = ((day + 3) % 7 + 7) % 7;  // Monday is 0; 1970-01-01 was a Thursday
  const std::int64_t thursday = day - weekday + 3;
  const std::int64_t year = civil_from_days(thursday).year;
  return year * 100 + (thursday - days_from_civil({year, 1, 1})) / 7 + 1;
}

/// A number that is the same for two snapshots of one period, in the zone that the time was
/// recorded in. `position` is the snapshot's in the group, newest first.
std::int64_t bucket_of(KeepPeriod period, const ZonedTime& time, std::int64_t position) {
  const std::int64_t wall = time.instant.seconds + time.offset_seconds;
  const std::int64_t day = day_of_second(wall);
  const CivilDate date = civil_from_days(day);
  const std::int64_t month = date.year * 100 + date.month;
  switch (period) {
    case KeepPeriod::kLast:
      return position;
    case KeepPeriod::kHourly:
      return (month * 100 + date.day) * 100 + (wall - day * kSecondsPerDay) / 3600;
    case KeepPeriod::kDaily:
      return month * 100 + date.day;
    case KeepPeriod::kWeekly:
      return iso_week(day);
    case KeepPeriod::kMonthly:
      return month;
    case KeepPeriod::kYearly:
      return date.year;
  }
  return position;
}

/// One snapshot in its group.
struct Candidate {
  const Snapshot& snapshot;
  std::int64_t position;  ///< 0 is the newest
  bool is_oldest;
};

/// Keeps the newest of each period, and the oldest of all, which makes the history reach back as
/// far as it can.
class PeriodRule {
 public:
  explicit PeriodRule(KeepPeriod period) : period_(period) {}

  /// Why the candidate is kept: `name`, or "oldest <name>"; nothing when it is not.
  std::optional<std::string> look_at(const Candidate& candidate, const std::string& name) {
    const std::int64_t bucket = bucket_of(period_, candidate.snapshot.time, candidate.position);
    const bool same = bucket == last_;
    if (same && !candidate.is_oldest) return std::nullopt;
    last_ = bucket;
    return same ? "oldest " + name : name;
  }

 private:
  KeepPeriod period_;
  std::optional<std::int64_t> last_;
};

/// The newest time that is not to come; what a duration is counted back from.
ZonedTime newest_time(const std::vector<Snapshot>& newest_first, Timestamp now) {
  for (const Snapshot& snapshot : newest_first) {
    if (snapshot.time.instant < now) return snapshot.time;
  }
  return {{days_from_civil({1, 1, 1}) * kSecondsPerDay, 0}, 0};  // then everything is newer
}

/// The rules of a policy applied to one group, snapshot by snapshot.
class Rules {
 public:
  Rules(const RetentionPolicy& policy, const ZonedTime& newest, const TimeZone& local)
      : policy_(policy) {
    for (std::size_t i = 0; i < kKeepPeriods; ++i) {
      const auto period = static_cast<KeepPeriod>(i);
      counted_.push_back({PeriodRule(period), policy.counts[i]});
      within_.push_back({PeriodRule(period), before(newest, policy.within[i], local)});
    }
  }

  std::vector<std::string> reasons_to_keep(const Candidate& candidate) {
    std::vector<std::string> reasons;
    for (const std::vector<std::string>& list : policy_.tags) {
      if (!has_tags(candidate.snapshot, list)) continue;
      reasons.push_back(fmt::format("has tags [{}]", fmt::join(list, ", ")));
    }
    const std::string all_within = policy_.within[0].text();
    if (!all_within.empty() && candidate.snapshot.time.instant > within_[0].after) {
      reasons.push_back("within " + all_within);
    }
    add_counted(candidate, reasons);
    add_within(candidate, reasons);
    return reasons;
  }

 private:
  struct Counted {
    PeriodRule rule;
    std::int64_t left;
  };
  struct Within {
    PeriodRule rule;
    Timestamp after;
  };

  void add_counted(const Candidate& candidate, std::vector<std::string>& reasons) {
    for (std::size_t i = 0; i < kKeepPeriods; ++i) {
      Counted& counted = counted_[i];
      if (counted.left == 0) continue;
      auto reason = counted.rule.look_at(candidate, fmt::format("{} snapshot", kNames[i]));
      if (!reason) continue;
      if (counted.left > 0) --counted.left;
      reasons.push_back(*std::move(reason));
    }
  }

  void add_within(const Candidate& candidate, std::vector<std::string>& reasons) {
    for (std::size_t i = 1; i < kKeepPeriods; ++i) {
      const CalendarDuration& duration = policy_.within[i];
      if (duration.is_zero() || candidate.snapshot.time.instant <= within_[i].after) continue;
      auto reason = within_[i].rule.look_at(
          candidate, fmt::format("{} within {}", kNames[i], duration.text()));
      if (reason) reasons.push_back(*std::move(reason));
    }
  }

  const RetentionPolicy& policy_;
  std::vector<Counted> counted_;
  std::vector<Within> within_;
};

std::string describe_counts(const RetentionPolicy& policy) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < kKeepPeriods; ++i) {
    const std::string_view name = i == 0 ? "latest" : kNames[i];
    if (policy.counts[i] == RetentionPolicy::kUnlimited) {
      parts.push_back(fmt::format("all {}", name));
    } else if (policy.counts[i] > 0) {
      parts.push_back(fmt::format("{} {}", policy.counts[i], name));
    }
  }
  return parts.empty() ? "" : fmt::format("{} snapshots", fmt::join(parts, ", "));
}

}  // namespace

bool RetentionPolicy::is_empty() const {
  const auto is_zero = [](const CalendarDuration& duration) { return duration.is_zero(); };
  return counts == std::array<std::int64_t, kKeepPeriods>{} && tags.empty() &&
         std::all_of(within.begin(), within.end(), is_zero);
}

std::string RetentionPolicy::text() const {
  std::vector<std::string> periods;
  if (std::string counted = describe_counts(*this); !counted.empty()) {
    periods.push_back(std::move(counted));
  }
  for (std::size_t i = 1; i < kKeepPeriods; ++i) {
    if (within[i].is_zero()) continue;
    periods.push_back(fmt::format("{} snapshots within {}", kNames[i], within[i].text()));
  }
  std::vector<std::string> parts;
  if (!periods.empty()) parts.push_back(fmt::format("{}", fmt::join(periods, ", ")));
  if (!tags.empty()) {
    std::vector<std::string> lists;
    for (const auto& list : tags) lists.push_back(fmt::format("[{}]", fmt::join(list, ", ")));
    parts.push_back(fmt::format("all snapshots with tags {}", fmt::join(lists, " or ")));
  }
  if (!within[0].is_zero()) {
    parts.push_back(fmt::format("all snapshots within {} of the newest", within[0].text()));
  }
  return parts.empty() ? "remove all" : fmt::format("keep {}", fmt::join(parts, " and "));
}

RetentionVerdict apply_retention(std::vector<Snapshot> group, const RetentionPolicy& policy,
                                 const RetentionTime& time) {
  std::sort(group.begin(), group.end(),
            [](const Snapshot& a, const Snapshot& b) { return is_earlier(b, a); });
  RetentionVerdict verdict;
  if (policy.is_empty()) {
    verdict.remove = std::move(group);
    return verdict;
  }
  std::vector<Snapshot> complete;
  for (Snapshot& snapshot : group) {
    if (!is_partial(snapshot)) {
      complete.push_back(std::move(snapshot));
    } else {
      verdict.keep.push_back({std::move(snapshot), {"partial snapshot"}});
    }
  }
  Rules rules(policy, newest_time(complete, time.now), time.local);
  const std::size_t size = complete.size();
  for (std::size_t i = 0; i < size; ++i) {
    auto reasons =
        rules.reasons_to_keep({complete[i], static_cast<std::int64_t>(i), i + 1 == size});
    if (reasons.empty()) {
      verdict.remove.push_back(std::move(complete[i]));
    } else {
      verdict.keep.push_back({std::move(complete[i]), std::move(reasons)});
    }
  }
  std::sort(verdict.keep.begin(), verdict.keep.end(),
            [](const KeptSnapshot& a, const KeptSnapshot& b) {
              return is_earlier(b.snapshot, a.snapshot);
            });
  return verdict;
}

}  // namespace snapfs
