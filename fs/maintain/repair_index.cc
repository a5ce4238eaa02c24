// The index files are read and compared with a list of the packs. Of a pack that no file lists,
// whose size is another one, or that files list differently, the header is read, which decides;
// packs that are listed and not there are dropped. When something has to change, the index files
// that say otherwise are replaced, and small ones with them: new files first, with the lock looked
// at before and after, then the old ones go. Nothing else is touched.
#include "fs/maintain/repair_index.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/backend.h"
#include "fs/base/error.h"
#include "fs/index/indexed_packs.h"
#include "fs/maintain/index_files.h"
#include "fs/maintain/pack_header.h"
#include "fs/repo/file_removal.h"
#include "fs/repo/for_each_file.h"
#include "fs/repo/repository.h"
#include "fs/store/index_saver.h"

namespace snapfs {
namespace {

class IndexRepair {
 public:
  IndexRepair(Repository& repository, const Clock& clock, const RepairIndexOptions& options,
              MaintenanceProgress& progress, StopToken stop)
      : repository_(repository),
        options_(options),
        progress_(progress),
        stop_(std::move(stop)),
        saver_(repository, clock) {}

  RepairedIndex run() {
    read_files();
    compare_with_packs();
    read_headers();
    if (needs_writing()) {
      options_.require_lock();
      write_files();
      options_.require_lock();
      remove_files_that_were_replaced();
      result_.changed = true;
    }
    for (auto* list : {&result_.damaged_files, &result_.missing_packs, &result_.added_packs,
                       &result_.corrected_packs, &result_.damaged_packs, &result_.unknown_packs}) {
      std::ranges::sort(*list);
    }
    return std::move(result_);
  }

 private:
  void read_files() {
    const std::vector<Id> files = repository_.list(FileKind::kIndex, stop_);
    progress_.begin("load the index", "index files", files.size());
    std::mutex mutex;
    read_index_files(
        repository_, files,
        [&](const Id& file, const std::vector<PackDescription>& packs) {
          const std::lock_guard lock(mutex);
          indexed_.add(file, packs);
          files_.push_back(file);
          progress_.advance();
        },
        [&](const Id& file, const Error& error) {
          // Only what cannot be read at any time may be replaced.
          if (error.code() != ErrorCode::kDamaged) throw Error(error);
          progress_.warn(error.what());
          result_.damaged_files.push_back(file);
        },
        stop_);
    std::ranges::sort(files_);
  }

  void compare_with_packs() {
    progress_.begin("list the packs", "packs", 0);
    std::unordered_set<Id> there;
    std::vector<FileInfo> packs = repository_.files().list(FileKind::kPack, stop_);
    repository_.files().add_unlisted(FileKind::kPack, packs, indexed_.ids(), stop_);
    for (const FileInfo& pack : packs) {
      if (!there.insert(pack.id).second) continue;
      progress_.advance();
      const IndexedPack* const listed = indexed_.find(pack.id);
      const bool agrees = listed != nullptr && listed->file_bytes == pack.size &&
                          !listed->conflicting && !options_.read_all_packs;
      if (!agrees) to_read_.push_back(pack);
    }
    require_packs(there.size());
    for (const auto& [pack, facts] : indexed_.packs()) {
      if (!there.contains(pack)) result_.missing_packs.push_back(pack);
    }
    changed_.insert(result_.missing_packs.begin(), result_.missing_packs.end());
  }

  /// A storage of which a part is not mounted must not cost the index.
  void require_packs(std::size_t there) const {
    if (there > 0 || indexed_.packs().empty()) return;
    const std::string location = repository_.files().location();
    throw Error(
        ErrorCode::kDamaged,
        fmt::format("the index lists {} packs, and not one pack is in {}, so nothing was "
                    "changed: see that its \"data\" directory is there and mounted; if it is "
                    "lost, so are all snapshots, and \"snapfs init\" makes a new repository "
                    "elsewhere",
                    indexed_.packs().size(), location),
        location);
  }

  void read_headers() {
    if (to_read_.empty()) return;
    progress_.begin("read pack headers", "packs", to_read_.size());
    std::mutex mutex;
    for_each_file(repository_.files(), FileKind::kPack, to_read_, [&](const FileInfo& pack) {
      std::optional<std::vector<PackEntry>> entries;
      std::string reason;
      try {
        entries = read_pack_header(repository_, pack, stop_);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kDamaged) throw;
        reason = error.what();
      }
      const std::lock_guard lock(mutex);
      take_header(pack.id, std::move(entries), reason);
      progress_.advance();
    });
  }

  void take_header(const Id& pack, std::optional<std::vector<PackEntry>> entries,
                   const std::string& reason) {
    const IndexedPack* const listed = indexed_.find(pack);
    if (!entries) {
      (listed != nullptr ? result_.damaged_packs : result_.unknown_packs).push_back(pack);
      progress_.warn(reason);
      if (listed != nullptr && listed->conflicting) {
        contradictory_.insert(pack);
        changed_.insert(pack);
      }
      return;
    }
    if (listed == nullptr) {
      result_.added_packs.push_back(pack);
    } else if (condense(*entries) == *listed) {
      return;  // what is listed is right
    } else {
      result_.corrected_packs.push_back(pack);
    }
    changed_.insert(pack);
    headers_.push_back({pack, *std::move(entries)});
  }

  bool needs_writing() const {
    return !changed_.empty() || !result_.damaged_files.empty() ||
           !indexed_.in_several_files().empty() || small_files() > 1;
  }

  /// Files that a single one could take the place of.
  std::size_t small_files() const {
    return static_cast<std::size_t>(std::ranges::count_if(files_, [this](const Id& file) {
      return indexed_.blobs_in(file) < IndexSaver::kFullBlobs;
    }));
  }

  void write_files() {
    progress_.begin("write the index", "index files", files_.size());
    for (const Id& file : files_) {
      throw_if_stopped(stop_);
      const std::vector<PackDescription> packs = read_index_file(repository_, file, stop_);
      if (may_stay(file, packs)) {
        for (const PackDescription& pack : packs) repository_.index().add_packs({pack});
      } else {
        for (const PackDescription& pack : packs) take_listed(pack);
        replaced_.push_back(file);
      }
      progress_.advance();
    }
    for (PackDescription& pack : united_.take()) saver_.add(std::move(pack), stop_);
    for (PackDescription& pack : headers_) saver_.add(std::move(pack), stop_);
    saver_.flush(stop_);
  }

  bool may_stay(const Id& file, const std::vector<PackDescription>& packs) const {
    return indexed_.blobs_in(file) >= IndexSaver::kFullBlobs &&
           std::ranges::none_of(packs, [this](const PackDescription& pack) {
             return changed_.contains(pack.id) || indexed_.in_several_files().contains(pack.id);
           });
  }

  void take_listed(const PackDescription& pack) {
    if (changed_.contains(pack.id)) {
      // A pack that is listed in different ways and whose header does not tell which is right keeps
      // all that anybody says of it. Otherwise it is missing, or its header counts.
      if (contradictory_.contains(pack.id)) united_.add(pack);
      return;
    }
    if (written_.insert(pack.id).second) saver_.add(pack, stop_);
  }

  void remove_files_that_were_replaced() {
    std::vector<Id> old = replaced_;
    old.insert(old.end(), result_.damaged_files.begin(), result_.damaged_files.end());
    progress_.begin("remove old index files", "index files", old.size());
    const RemovalResult removal = remove_files(repository_.files(), FileKind::kIndex, old, stop_,
                                               [this](const Id&) { progress_.advance(); });
    if (!removal.failures.empty()) {
      const RemovalFailure& first = removal.failures.front();
      throw Error(first.error.code(),
                  fmt::format("the new index is written, but {} of {} old index files could not be "
                              "removed: {}; run \"snapfs repair index\" again",
                              removal.failures.size(), old.size(), first.error.what()),
                  first.id.hex());
    }
    result_.replaced_files = old.size();
  }

  Repository& repository_;
  const RepairIndexOptions& options_;
  MaintenanceProgress& progress_;
  const StopToken stop_;
  IndexSaver saver_;
  IndexedPacks indexed_;
  std::vector<Id> files_;                 ///< that could be read
  std::vector<FileInfo> to_read_;         ///< packs whose headers are wanted
  std::unordered_set<Id> changed_;        ///< packs that are not to be listed as they were
  std::unordered_set<Id> contradictory_;  ///< those of them that no header settles
  std::vector<PackDescription> headers_;  ///< of packs that are to be listed so
  std::unordered_set<Id> written_;
  UnitedPacks united_;
  std::vector<Id> replaced_;
  RepairedIndex result_;
};

}  // namespace

RepairedIndex repair_index(Repository& repository, const Clock& clock,
                           const RepairIndexOptions& options, MaintenanceProgress& progress,
                           StopToken stop) {
  return IndexRepair(repository, clock, options, progress, std::move(stop)).run();
}

}  // namespace snapfs
