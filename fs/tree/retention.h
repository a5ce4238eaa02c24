// Which snapshots of a group a retention policy keeps, and why (FORMAT §14). Only the decision:
// nothing is read or removed here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fs/time/calendar_duration.h"
#include "fs/time/timestamp.h"
#include "fs/time/timezone.h"
#include "fs/tree/snapshot.h"

namespace snapfs {

/// What a rule counts: of each hour, day, … the newest snapshot. kLast counts every snapshot.
enum class KeepPeriod { kLast, kHourly, kDaily, kWeekly, kMonthly, kYearly };
inline constexpr std::size_t kKeepPeriods = 6;

struct RetentionPolicy {
  static constexpr std::int64_t kUnlimited = -1;

  /// How many to keep, by KeepPeriod; 0: the rule is not given.
  std::array<std::int64_t, kKeepPeriods> counts{};
  /// Keep the newest of each period of the last hours, days, …, by KeepPeriod. For kLast: keep all
  /// of that time. Zero: the rule is not given.
  std::array<CalendarDuration, kKeepPeriods> within{};
  /// Keep what has all the tags of one of the lists; the empty tag stands for having none.
  std::vector<std::vector<std::string>> tags;

  std::int64_t& count(KeepPeriod period) { return counts.at(static_cast<std::size_t>(period)); }
  CalendarDuration& within_last(KeepPeriod period) {
    return within.at(static_cast<std::size_t>(period));
  }

  /// Whether there is no rule, which means that nothing is kept.
  bool is_empty() const;

  /// For people: "keep 7 daily snapshots and all snapshots within 3d of the newest".
  std::string text() const;
};

/// A snapshot that is kept, and the words for each rule that keeps it.
struct KeptSnapshot {
  Snapshot snapshot;
  std::vector<std::string> reasons;
};

/// Both newest first.
struct RetentionVerdict {
  std::vector<KeptSnapshot> keep;
  std::vector<Snapshot> remove;
};

/// When "now" is, and the time zone that durations are counted in where a snapshot was taken in it.
struct RetentionTime {
  Timestamp now;
  TimeZone local;
};

/// The verdict on one group. Every rule looks at every snapshot. A policy without rules removes
/// all. Under any other, partial snapshots (is_partial) are neither counted nor removed: they would
/// displace complete ones, and the next finished run removes them.
RetentionVerdict apply_retention(std::vector<Snapshot> group, const RetentionPolicy& policy,
                                 const RetentionTime& time);

}  // namespace snapfs
