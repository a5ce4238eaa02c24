// The order of the steps is what keeps a repository correct when one of them is the last.
#include "fs/maintain/prune.h"

#include <atomic>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/deadline.h"
#include "fs/base/error.h"
#include "fs/maintain/progress.h"
#include "fs/maintain/repack.h"
#include "fs/repo/file_removal.h"
#include "fs/repo/repository.h"
#include "fs/store/blob_writer.h"
#include "fs/store/index_rewrite.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/used_blobs.h"

namespace snapfs {
namespace {

void check_options(const PruneOptions& options, unsigned version) {
  if (options.policy.uncompressed && version < 2) {
    throw Error(ErrorCode::kUsage,
                "nothing can be compressed in a repository of version 1: leave out "
                "--repack-uncompressed");
  }
  if (options.policy.small_pack_bytes > options.pack_bytes) {
    throw Error(ErrorCode::kUsage,
                fmt::format("packs of {} MiB cannot be too small when they are to have {} MiB: "
                            "choose a smaller number for --repack-smaller-than",
                            options.policy.small_pack_bytes >> 20, options.pack_bytes >> 20));
  }
}

std::vector<Id> roots_of_snapshots(Repository& repository, const PruneOptions& options,
                                   const StopToken& stop) {
  std::vector<Id> roots;
  std::set<Id> missing = options.expected_snapshots;
  for (const Snapshot& snapshot :
       load_snapshots(repository, stop, nullptr, options.without_snapshots)) {
    missing.erase(snapshot.id);
    roots.push_back(snapshot.tree);
  }
  if (missing.empty()) return roots;
  throw Error(
      ErrorCode::kDamaged,
      fmt::format("{} of {} snapshots that were there a moment ago {} not listed now, such "
                  "as {}: nothing was pruned; see that all of {} is there, then run 'snapfs "
                  "prune'",
                  missing.size(), options.expected_snapshots.size(),
                  missing.size() == 1 ? "is" : "are", missing.begin()->short_hex(),
                  repository.files().location()),
      missing.begin()->hex());
}

void require_snapshots(const std::vector<Id>& roots, const std::vector<FileInfo>& packs,
                       const PruneOptions& options, const std::string& location) {
  if (!roots.empty() || packs.empty() || options.allow_no_snapshots) return;
  throw Error(ErrorCode::kUsage,
              fmt::format("{} has no snapshots, and pruning it would remove everything: look "
                          "whether they are really gone, or give --unsafe-allow-remove-all",
                          location),
              location);
}

/// Without an index nobody can read the repository, and there is no other chance to write it: it is
/// given as long as storage is given to answer at all.
constexpr std::chrono::minutes kLastChance{15};

class Execution {
 public:
  Execution(Repository& repository, const Clock& clock, const PreparedPrune& prepared,
            const PruneOptions& options, MaintenanceProgress& progress, StopToken stop)
      : repository_(repository),
        clock_(clock),
        contents_(prepared.used.contents()),
        plan_(prepared.plan),
        options_(options),
        progress_(progress),
        stop_(std::move(stop)),
        dropped_(plan_.remove.begin(), plan_.remove.end()) {
    dropped_.insert(plan_.repack.begin(), plan_.repack.end());
    dropped_.insert(plan_.missing.begin(), plan_.missing.end());
  }

  PruneOutcome run() {
    // Nobody knows these packs, so nobody misses them; and there may be little room.
    remove_packs("removing unlisted packs", plan_.unreferenced);
    move_used_blobs();
    if (options_.recover_no_space) {
      replace_index();
    } else {
      write_index();
      remove_old_packs();
    }
    return outcome_;
  }

 private:
  /// Every blob that stays is in a stored and listed pack afterwards.
  void move_used_blobs() {
    if (plan_.blobs.empty()) return;
    progress_.begin("repacking", "packs", plan_.repack.size());
    BlobWriter writer(repository_, clock_, options_.pack_bytes);
    repack(repository_, contents_, plan_.blobs, writer, stop_, [this] { progress_.advance(); });
    writer.flush(stop_);
  }

  void write_index() {
    if (dropped_.empty() && !plan_.listed_twice) return;
    progress_.begin("writing the index anew", "index files", 0);
    options_.require_lock();
    rewrite_index(repository_, dropped_, stop_,
                  {options_.require_lock, [this] { progress_.advance(); }});
  }

  /// The old index files make room, and the old packs, before there are new index files. In between
  /// nobody can read the repository: whatever happens, the new ones are written if they can be.
  void replace_index() {
    options_.require_lock();
    const std::vector<Id> files = repository_.list(FileKind::kIndex, stop_);
    progress_.begin("removing index files", "files", files.size());
    std::atomic<bool> begun = false;
    std::optional<Error> trouble;
    try {
      const RemovalResult result =
          remove_files(repository_.files(), FileKind::kIndex, files, stop_, [&](const Id&) {
            begun = true;
            progress_.advance();
          });
      if (!result.failures.empty()) throw Error(result.failures.front().error);
      remove_old_packs();
    } catch (...) {
      trouble = current_error();
      // Of a removal that was cut off nobody knows whether it was made.
      if (trouble->ends_the_run() && !files.empty()) begun = true;
    }
    if (begun) write_missing_index(trouble);
    if (trouble) throw Error(*trouble);
  }

  void write_missing_index(const std::optional<Error>& trouble) {
    try {
      within(kLastChance,
             [&](const StopToken& stop) { save_index(repository_, contents_, dropped_, stop); });
    } catch (...) {
      const Error error = current_error();
      throw Error(
          error.code(),
          fmt::format("the index is gone, as it could not be written anew: {}{}{}; the packs "
                      "are there: see to it that there is room, then run \"snapfs repair "
                      "index\"",
                      error.what(), trouble ? ", after " : "", trouble ? trouble->what() : ""),
          error.subject());
    }
  }

  void remove_old_packs() {
    std::vector<Id> packs = plan_.remove;
    packs.insert(packs.end(), plan_.repack.begin(), plan_.repack.end());
    remove_packs("removing packs", packs);
  }

  /// What cannot be removed is in the way of nothing: it is no longer listed, and goes next time.
  void remove_packs(std::string_view step, const std::vector<Id>& packs) {
    if (packs.empty()) return;
    progress_.begin(step, "packs", packs.size());
    options_.require_lock();
    const RemovalResult result = remove_files(repository_.files(), FileKind::kPack, packs, stop_,
                                              [this](const Id&) { progress_.advance(); });
    for (const RemovalFailure& failure : result.failures) {
      progress_.warn(
          fmt::format("pack {} could not be removed: {}", failure.id.hex(), failure.error.what()));
    }
    outcome_.files_left += result.failures.size();
  }

  Repository& repository_;
  const Clock& clock_;
  const Index::Contents& contents_;
  const PrunePlan& plan_;
  const PruneOptions& options_;
  MaintenanceProgress& progress_;
  const StopToken stop_;
  std::unordered_set<Id> dropped_;
  PruneOutcome outcome_;
};

}  // namespace

PreparedPrune prepare_prune(Repository& repository, const PruneOptions& options,
                            MaintenanceProgress& progress, StopToken stop) {
  const unsigned version = repository.config().version;
  check_options(options, version);
  RepackPolicy policy = options.policy;
  if (options.recover_no_space) policy.max_repack_bytes = 0;
  const std::vector<Id> roots = roots_of_snapshots(repository, options, stop);
  std::vector<FileInfo> packs = repository.files().list(FileKind::kPack, stop);
  require_snapshots(roots, packs, options, repository.files().location());
  repository.load_index(stop);
  progress.begin("finding what is used", "trees", 0);
  BlobSet used = find_used_blobs(repository, roots, stop, [&] { progress.advance(); });
  repository.files().add_unlisted(FileKind::kPack, packs, used.contents().packs, stop);
  PrunePlan plan = plan_prune(used, packs, version, policy);
  return {std::move(used), std::move(plan)};
}

PruneOutcome execute_prune(Repository& repository, const Clock& clock,
                           const PreparedPrune& prepared, const PruneOptions& options,
                           MaintenanceProgress& progress, StopToken stop) {
  return Execution(repository, clock, prepared, options, progress, std::move(stop)).run();
}

}  // namespace snapfs
