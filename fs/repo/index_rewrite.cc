#include "fs/repo/index_rewrite.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/parallel.h"
#include "fs/base/synchronized.h"
#include "fs/repo/blob_set.h"
#include "fs/repo/file_removal.h"
#include "fs/repo/index_saver.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

/// A full file and one more pack with as many blobs as a pack can have (FORMAT §6, §7.2).
constexpr std::size_t kOversizedBlobs = IndexSaver::kFullBlobs + 409'199;

/// Packs into new index files of the usual size, each pack once. Thread-safe.
class IndexGatherer {
 public:
  IndexGatherer(Repository& repository, const std::unordered_set<Id>& dropped, StopToken stop)
      : repository_(repository), listed_(dropped), stop_(std::move(stop)) {}

  /// The file with these packs stays: they need not be listed again.
  void leave(const std::vector<PackDescription>& packs) {
    const std::lock_guard lock(mutex_);
    for (const PackDescription& pack : packs) listed_.insert(pack.id);
  }

  void take(std::vector<PackDescription> packs) {
    for (PackDescription& pack : packs) take(std::move(pack));
  }

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
  std::unordered_set<Id> listed_;  ///< packs that are listed elsewhere, or not to be listed
  const StopToken stop_;
  std::vector<PackDescription> packs_;
  std::size_t blobs_ = 0;
};

struct IndexFile {
  std::vector<PackDescription> packs;
  std::size_t blobs = 0;
  bool lists_dropped = false;

  bool may_stay() const noexcept {
    return !lists_dropped && blobs >= IndexSaver::kFullBlobs && blobs < kOversizedBlobs;
  }
};

IndexFile load(Repository& repository, const Id& id, const std::unordered_set<Id>& dropped,
               const StopToken& stop) {
  const FileKey key{FileKind::kIndex, id};
  Bytes json = repository.load_file(key, stop);
  IndexFile file;
  try {
    parse_index(std::move(json), repository.config().version, [&](const PackDescription& pack) {
      file.blobs += pack.entries.size();
      file.lists_dropped |= dropped.contains(pack.id);
      file.packs.push_back(pack);
    });
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", describe(key), error.what()), id.hex());
  }
  return file;
}

void remove_old(Repository& repository, const std::vector<Id>& files, const StopToken& stop) {
  const RemovalResult result = remove_files(repository.backend(), FileKind::kIndex, files, stop);
  if (result.failures.empty()) return;
  const RemovalFailure& first = result.failures.front();
  throw Error(first.error.code(),
              fmt::format("{} of {} old index files could not be removed, such as {}: {}",
                          result.failures.size(), files.size(), first.id.hex(), first.error.what()),
              first.id.hex());
}

}  // namespace

void rewrite_index(Repository& repository, const std::unordered_set<Id>& dropped, StopToken stop,
                   const IndexFileDone& done) {
  IndexGatherer gatherer(repository, dropped, stop);
  Synchronized<std::vector<Id>> old;
  parallel_for_each(repository.list(FileKind::kIndex, stop), [&](const Id& id) {
    throw_if_stopped(stop);
    IndexFile file = load(repository, id, dropped, stop);
    if (file.may_stay()) {
      gatherer.leave(file.packs);
    } else {
      gatherer.take(std::move(file.packs));
      old.lock()->push_back(id);
    }
    if (done) done();
  });
  gatherer.finish();
  remove_old(repository, *old.lock(), stop);
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
