// Sorting, cutting, and sorting back.
#include "fs/fetch/pack_run.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

namespace snapfs {

namespace {

struct Wanted {
  StoredBlob blob;
  std::size_t rank = 0;  ///< its place in the caller's order
};

struct RankedRun {
  PackRun run;
  std::size_t rank = 0;  ///< the lowest of its blobs'
};

bool fits(const PackRun& run, const StoredBlob& next, const RunLimits& limits) noexcept {
  if (run.blobs.back().location == next.location) return true;
  const std::uint64_t offset = next.location.offset;
  const std::uint64_t end = offset + next.location.length;
  return run.pack == next.location.pack && offset >= run.end() &&
         offset - run.end() <= limits.max_gap && end - run.begin() <= limits.max_length;
}

}  // namespace

std::vector<PackRun> plan_runs(const std::vector<StoredBlob>& blobs, const RunLimits& limits) {
  std::vector<Wanted> wanted;
  wanted.reserve(blobs.size());
  for (const StoredBlob& blob : blobs) wanted.push_back({blob, wanted.size()});
  std::ranges::sort(wanted, {}, [](const Wanted& item) {
    return std::tuple(item.blob.location.pack, item.blob.location.offset, item.rank);
  });

  std::vector<RankedRun> runs;
  for (Wanted& item : wanted) {
    if (!runs.empty()) {
      RankedRun& last = runs.back();
      if (fits(last.run, item.blob, limits)) {
        last.run.blobs.push_back(item.blob);
        last.rank = std::min(last.rank, item.rank);
        continue;
      }
    }
    runs.push_back({{item.blob.location.pack, {item.blob}}, item.rank});
  }
  std::ranges::sort(runs, {}, &RankedRun::rank);

  std::vector<PackRun> result;
  result.reserve(runs.size());
  for (RankedRun& ranked : runs) result.push_back(std::move(ranked.run));
  return result;
}

}  // namespace snapfs
