// The second part: whether the packs are there, and as large as the index says.
#include <unordered_set>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/maintain/check_run.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

void report_missing(const Id& pack, CheckReport& report) {
  report.update(fmt::format("pack {} does not exist: bring it back from a copy of the repository, "
                            "or run \"snapfs repair index\" and then \"snapfs repair snapshots\"",
                            pack.hex()),
                [](CheckVerdict& verdict) {
                  verdict.suggest_repair_index = true;
                  verdict.suggest_repair_snapshots = true;
                });
}

void report_size(const FileInfo& file, const IndexedPack& indexed, CheckReport& report) {
  report.broken_pack(file.id,
                     fmt::format("pack {} has {} bytes instead of {}: run \"snapfs repair "
                                 "packs {}\"",
                                 file.id.hex(), file.size, indexed.file_bytes, file.id.hex()));
}

}  // namespace

StoredPacks check_packs(Repository& repository, const IndexedPacks& indexed, CheckReport& report,
                        const StopToken& stop) {
  report.progress().begin("check all packs", "packs", 0);
  StoredPacks stored;
  std::unordered_set<Id> seen;
  const auto compare = [&](const FileInfo& file) {
    report.progress().advance();
    const IndexedPack* const facts = indexed.find(file.id);
    if (facts == nullptr) {
      ++stored.unindexed;
      return;
    }
    if (!seen.insert(file.id).second) return;
    // Several lists of blobs that contradict each other make no size; that is reported already.
    if (facts->conflicting || file.size == facts->file_bytes) {
      stored.sound.push_back(file);
    } else {
      report_size(file, *facts, report);
    }
  };
  try {
    std::vector<FileInfo> files = repository.files().list(FileKind::kPack, stop);
    repository.files().add_unlisted(FileKind::kPack, files, indexed.ids(), stop);
    for (const FileInfo& file : files) compare(file);
  } catch (const Error& error) {
    // Something that is no file stands where packs are. Which are missing is not known then.
    if (error.code() != ErrorCode::kUnsupported) throw;
    report.error(error.what());
    return stored;
  }
  for (const auto& [pack, facts] : indexed.packs()) {
    if (!seen.contains(pack)) report_missing(pack, report);
  }
  if (stored.unindexed > 0) {
    report.note(
        fmt::format("{} pack{} in no index: harmless, \"snapfs prune\" removes what is not "
                    "needed",
                    stored.unindexed, stored.unindexed == 1 ? " is" : "s are"));
    report.suggest([](CheckVerdict& verdict) { verdict.suggest_prune = true; });
  }
  return stored;
}

}  // namespace snapfs
