// Two passes over the index files, so that memory never holds what all of them list. The first
// decides (IndexDecision): a file stays when it is full and not too large, lists nothing that is to
// go and no pack that a file which stays lists, too. The second reads the others again and gathers
// their packs into new files. A pack that two files list with different blobs is put together from
// all of them at the end. New files come first, then the lock is looked at once more, then the old
// files go: whoever reads meanwhile finds every pack.
#include "fs/store/index_rewrite.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/synchronized.h"
#include "fs/index/blob_set.h"
#include "fs/index/indexed_packs.h"
#include "fs/repo/file_removal.h"
#include "fs/repo/for_each_file.h"
#include "fs/repo/repository.h"
#include "fs/store/index_saver.h"

namespace snapfs {
namespace {

/// A full file and one more pack with as many blobs as a pack can have (FORMAT §6, §7.2).
constexpr std::size_t kOversizedBlobs = IndexSaver::kFullBlobs + 409'199;

/// All of a file: what it says counts only when the whole of it is authentic.
std::vector<PackDescription> read_packs(Repository& repository, const Id& file,
                                        const StopToken& stop) {
  throw_if_stopped(stop);
  std::vector<PackDescription> packs;
  repository.read_index(
      file, [&packs](const PackDescription& pack) { packs.push_back(pack); }, stop);
  return packs;
}

/// Packs into new index files of the usual size, each pack once. Thread-safe.
class IndexGatherer {
 public:
  /// Packs in `left_out` are not to be listed.
  IndexGatherer(Repository& repository, std::unordered_set<Id> left_out, StopToken stop)
      : repository_(repository), listed_(std::move(left_out)), stop_(std::move(stop)) {}

  void take(PackDescription pack) {
    std::vector<PackDescription> full;
    {
      const std::lock_guard lock(mutex_);
      if (!listed_.insert(pack.id).second) return;
      blobs_ += pack.entries.size();
      packs_.push_back(std::move(pack));
      if (blobs_ < IndexSaver::kFullBlobs) return;
      full = std::exchange(packs_, {});
      blobs_ = 0;
    }
    save(full);
  }

  void finish() {
    if (!packs_.empty()) save(packs_);
  }

 private:
  void save(const std::vector<PackDescription>& packs) { save_index(repository_, packs, stop_); }

  Repository& repository_;
  std::mutex mutex_;
  std::unordered_set<Id> listed_;  ///< packs that are listed, or not to be listed
  const StopToken stop_;
  std::vector<PackDescription> packs_;
  std::size_t blobs_ = 0;
};

/// Which index files stay, and what is to become of the packs in the others: decided from what all
/// files list, in the order of their IDs.
class IndexDecision {
 public:
  IndexDecision(Repository& repository, const std::unordered_set<Id>& dropped,
                const StopToken& stop)
      : files_(repository.list(FileKind::kIndex, stop)), dropped_(dropped) {
    for_each_file(repository.files(), FileKind::kIndex, files_, [&](const Id& file) {
      const std::vector<PackDescription> packs = read_packs(repository, file, stop);
      const std::lock_guard lock(mutex_);
      add(file, packs);
    });
    decide();
  }

  /// The files to be replaced.
  const std::vector<Id>& replaced() const noexcept { return replaced_; }

  /// Packs that files which stay list, and packs that are dropped.
  const std::unordered_set<Id>& settled() const noexcept { return settled_; }

  bool is_conflicting(const Id& pack) const { return indexed_.find(pack)->conflicting; }

 private:
  void add(const Id& file, const std::vector<PackDescription>& packs) {
    indexed_.add(file, packs);
    std::unordered_set<Id> seen;
    for (const PackDescription& pack : packs) {
      if (dropped_.contains(pack.id) || !seen.insert(pack.id).second) unfit_.insert(file);
    }
  }

  /// Of packs that one file lists nothing needs to be remembered: they go where their file goes.
  void decide() {
    std::unordered_map<Id, std::vector<Id>> shared;  // by file
    for (const auto& [pack, files] : indexed_.in_several_files()) {
      for (const Id& file : files) shared[file].push_back(pack);
    }
    settled_ = dropped_;
    for (const Id& file : files_) {
      const std::vector<Id>& packs = shared[file];
      if (may_stay(file, packs)) {
        settled_.insert(packs.begin(), packs.end());
      } else {
        replaced_.push_back(file);
      }
    }
  }

  bool may_stay(const Id& file, const std::vector<Id>& shared) const {
    const std::size_t blobs = indexed_.blobs_in(file);
    if (blobs < IndexSaver::kFullBlobs || blobs >= kOversizedBlobs || unfit_.contains(file)) {
      return false;
    }
    return std::ranges::none_of(
        shared, [this](const Id& pack) { return settled_.contains(pack) || is_conflicting(pack); });
  }

  const std::vector<Id> files_;  ///< in ascending order
  const std::unordered_set<Id>& dropped_;
  std::mutex mutex_;
  IndexedPacks indexed_;
  std::unordered_set<Id> unfit_;  ///< files that list what goes, or a pack twice
  std::unordered_set<Id> settled_;
  std::vector<Id> replaced_;
};

void remove_old(Repository& repository, const std::vector<Id>& files, const StopToken& stop) {
  const RemovalResult result = remove_files(repository.files(), FileKind::kIndex, files, stop);
  if (result.failures.empty()) return;
  const RemovalFailure& first = result.failures.front();
  throw Error(first.error.code(),
              fmt::format("{} of {} old index files could not be removed, such as {}: {}",
                          result.failures.size(), files.size(), first.id.hex(), first.error.what()),
              first.id.hex());
}

}  // namespace

void rewrite_index(Repository& repository, const std::unordered_set<Id>& dropped, StopToken stop,
                   const IndexRewriteHooks& hooks) {
  const IndexDecision decision(repository, dropped, stop);
  IndexGatherer gatherer(repository, decision.settled(), stop);
  Synchronized<UnitedPacks> united;
  for_each_file(repository.files(), FileKind::kIndex, decision.replaced(), [&](const Id& file) {
    for (PackDescription& pack : read_packs(repository, file, stop)) {
      if (!decision.is_conflicting(pack.id)) {
        gatherer.take(std::move(pack));
      } else if (!dropped.contains(pack.id)) {
        united.lock()->add(pack);
      }
    }
    hooks.done();
  });
  for (PackDescription& pack : united.lock()->take()) gatherer.take(std::move(pack));
  gatherer.finish();
  hooks.require_lock();
  remove_old(repository, decision.replaced(), stop);
}

void save_index(Repository& repository, const Index::Contents& contents,
                const std::unordered_set<Id>& dropped, StopToken stop) {
  struct Listed {
    std::uint32_t pack;
    BlobRow row;
  };
  std::vector<Listed> blobs;
  for_each_blob(contents, [&](const BlobCopies& copies) {
    BlobRow row = copies.first;
    for (const TableEntry& entry : copies.entries) {
      blobs.push_back({entry.pack, row});
      ++row.number;
    }
  });
  std::ranges::stable_sort(blobs, {}, &Listed::pack);
  IndexGatherer gatherer(repository, dropped, std::move(stop));
  PackDescription pack;
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    const TableEntry entry = entry_at(contents, blobs[i].row);
    pack.entries.push_back(
        {{blobs[i].row.type, entry.id}, entry.offset, entry.length, entry.uncompressed_length});
    if (i + 1 < blobs.size() && blobs[i + 1].pack == blobs[i].pack) continue;
    pack.id = contents.packs[blobs[i].pack];
    std::ranges::sort(pack.entries, {}, &PackEntry::offset);
    gatherer.take(std::exchange(pack, {}));
  }
  gatherer.finish();
}

}  // namespace snapfs
