// The first part: index files.
#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "fs/maintain/check_run.h"
#include "fs/maintain/index_files.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

std::string names_of(std::vector<Id> files) {
  std::ranges::sort(files);
  std::string names;
  for (const Id& file : files) names += (names.empty() ? "" : ", ") + file.short_hex();
  return names;
}

void report_hints(const IndexedPacks& indexed, CheckReport& report) {
  for (const auto& [pack, files] : indexed.in_several_files()) {
    if (indexed.find(pack)->conflicting) continue;
    report.note(
        fmt::format("pack {} is listed in several index files ({}): harmless, \"snapfs "
                    "repair index\" merges them",
                    pack.hex(), names_of(files)));
    report.suggest([](CheckVerdict& verdict) { verdict.suggest_repair_index = true; });
  }
  for (const auto& [pack, facts] : indexed.packs()) {
    if (facts.conflicting) {
      report.broken_pack(
          pack, fmt::format("pack {} is listed in the index several times, with different blobs: "
                            "run \"snapfs repair packs {}\"",
                            pack.hex(), pack.hex()));
    }
    if (!facts.is_mixed()) continue;
    report.note(
        fmt::format("pack {} holds trees and data: harmless, \"snapfs prune\" separates "
                    "them",
                    pack.hex()));
    report.suggest([](CheckVerdict& verdict) { verdict.suggest_prune = true; });
  }
}

}  // namespace

std::optional<IndexedPacks> check_index(Repository& repository, CheckReport& report,
                                        const StopToken& stop) {
  const std::vector<Id> files = repository.list(FileKind::kIndex, stop);
  report.progress().begin("load the index", "index files", files.size());
  IndexedPacks indexed;
  std::mutex mutex;
  bool unreadable = false;
  {
    Index::Loader loader(repository.index());
    const auto visit = [&](const Id& file, const std::vector<PackDescription>& packs) {
      {
        const std::lock_guard lock(mutex);
        indexed.add(file, packs);
      }
      for (const PackDescription& pack : packs) loader.add(pack);
      report.progress().advance();
    };
    const auto fail = [&](const Id& file, const Error& error) {
      unreadable = true;
      // A file that only could not be read, or that a newer program wrote, is not to be replaced.
      if (error.code() != ErrorCode::kDamaged) {
        return report.unreadable_now(fmt::format("index {}", file.hex()), error);
      }
      report.update(fmt::format("{}: run \"snapfs repair index\"", error.what()),
                    [](CheckVerdict& verdict) { verdict.suggest_repair_index = true; });
    };
    read_index_files(repository, files, visit, fail, stop);
    loader.finish();
  }
  if (unreadable) return std::nullopt;
  report_hints(indexed, report);
  return indexed;
}

}  // namespace snapfs
