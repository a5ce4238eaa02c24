#include "mount/model/snapshot_name.h"

#include <algorithm>
#include <ranges>

#include "fs/base/error.h"
#include "fs/time/time_expression.h"
#include "fs/tree/snapshot_list.h"

namespace snapfs {

namespace {

constexpr std::size_t kMinIdDigits = 5;

bool may_be_id(std::string_view text) noexcept {
  return text.size() >= kMinIdDigits && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

}  // namespace

const Snapshot* newest_until(const std::vector<Snapshot>& snapshots, Timestamp time,
                             const SnapshotPredicate& counts) {
  auto after = std::ranges::upper_bound(snapshots, time, {},
                                        [](const Snapshot& s) { return s.time.instant; });
  while (after != snapshots.begin()) {
    if (!is_partial(*--after) && (!counts || counts(*after))) return &*after;
  }
  return nullptr;
}

const Snapshot* find_by_name(const std::vector<Snapshot>& snapshots, std::string_view name,
                             const Clock& clock, const TimeZone& zone,
                             const SnapshotPredicate& counts) {
  if (name == "latest") {
    return snapshots.empty() ? nullptr
                             : newest_until(snapshots, snapshots.back().time.instant, counts);
  }
  try {
    if (may_be_id(name)) {
      const Snapshot* found = &find_snapshot(snapshots, name, {});
      return !counts || counts(*found) ? found : nullptr;
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound && error.code() != ErrorCode::kUsage) throw;
  }
  const auto time = parse_time_expression(name, clock.now(), zone);
  return time ? newest_until(snapshots, *time, counts) : nullptr;
}

}  // namespace snapfs
