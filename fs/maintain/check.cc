#include "fs/maintain/check.h"

#include <utility>

#include <fmt/format.h>

#include "fs/crypto/random.h"
#include "fs/index/blob_set.h"
#include "fs/maintain/check_run.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

/// Those of the packs that hold a copy of a used blob.
std::vector<FileInfo> used_packs(std::vector<FileInfo> packs, const BlobSet& used) {
  std::unordered_set<Id> needed;
  for_each_blob(used.contents(), [&](const BlobCopies& blob) {
    if (!used.contains(blob.first)) return;
    for (const TableEntry& entry : blob.entries) needed.insert(used.contents().packs[entry.pack]);
  });
  std::erase_if(packs, [&needed](const FileInfo& pack) { return !needed.contains(pack.id); });
  return packs;
}

void report_unused(const BlobSet& used, CheckReport& report) {
  for_each_blob(used.contents(), [&](const BlobCopies& blob) {
    if (used.contains(blob.first)) return;
    report.note(fmt::format("{} blob {} is not used by any snapshot", to_string(blob.first.type),
                            blob.entries.front().id.hex()));
    report.suggest([](CheckVerdict& verdict) { verdict.suggest_prune = true; });
  });
}

}  // namespace

CheckVerdict check_repository(Repository& repository, const CheckOptions& options,
                              CheckListener& listener, StopToken stop) {
  CheckReport report(listener);
  const std::optional<IndexedPacks> indexed = check_index(repository, report, stop);
  if (!indexed) return report.verdict();
  StoredPacks stored = check_packs(repository, *indexed, report, stop);
  const UsedBlobs used = check_structure(repository, options, report, stop);
  if (used.blobs_missing && stored.unindexed > 0) {
    report.note(
        "blobs are missing from the index, and packs are in no index: run \"snapfs repair "
        "index\" first, it may bring all of it back");
    report.suggest([](CheckVerdict& verdict) { verdict.suggest_repair_index = true; });
  }
  if (options.find_unused) report_unused(*used.blobs, report);
  if (options.read_data) {
    std::vector<FileInfo> packs = std::move(stored.sound);
    if (options.is_selective()) packs = used_packs(std::move(packs), *used.blobs);
    const std::size_t count = packs.size();
    packs = options.read_data->choose(std::move(packs), random_below);
    check_data(repository, *indexed, packs, report, stop);
    report.suggest([&](CheckVerdict& verdict) {
      verdict.read_data = true;
      verdict.packs_read = packs.size();
      verdict.packs = count;
    });
  }
  return report.verdict();
}

}  // namespace snapfs
