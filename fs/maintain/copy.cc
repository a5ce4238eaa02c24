#include "fs/maintain/copy.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/synchronized.h"
#include "fs/maintain/blob_stream.h"
#include "fs/maintain/progress.h"
#include "fs/repo/repository.h"
#include "fs/store/blob_writer.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_name.h"
#include "fs/tree/tree_references.h"
#include "fs/tree/tree_walk.h"

namespace snapfs {
namespace {

Id first_version(const Snapshot& snapshot) { return snapshot.original.value_or(snapshot.id); }

std::vector<std::string> sorted(std::vector<std::string> list) {
  std::ranges::sort(list);
  return list;
}

/// A snapshot as what it was first, and what it says itself. Two with the same key are copies of
/// each other. A key, as any number of snapshots can claim to be versions of one.
auto copy_key(const Id& first, const Snapshot& snapshot) {
  return std::tuple(first, snapshot.time.instant, snapshot.tree, snapshot.hostname,
                    snapshot.username, snapshot.uid, snapshot.gid, snapshot.excludes,
                    sorted(snapshot.paths), sorted(snapshot.tags));
}
using CopyKey = decltype(copy_key(std::declval<Id>(), std::declval<Snapshot>()));

/// Blobs from one repository's packs into another one.
class Resealer final : public BlobReceiver {
 public:
  Resealer(Repository& source, Repository& target, BlobWriter& writer, const StopToken& stop)
      : source_(source), target_(target), writer_(writer), stop_(stop) {}

  void take_stored(const StoredBlob& blob, ByteView sealed) override {
    const CodecPool::Lease codec = source_.codecs().borrow();
    const std::uint32_t length = blob.location.uncompressed_length;
    const ByteView content = codec->open_content(blob.handle, sealed, length);
    const CodecPool::Lease writing = target_.codecs().borrow();
    if (length != 0 && writing->keeps_compressed()) {
      writer_.add_content(blob.handle, content, length, stop_);
    } else if (length != 0) {
      writer_.add_anyway(blob.handle, codec->open_blob(blob.handle, sealed, length), stop_);
    } else {
      writer_.add_anyway(blob.handle, content, stop_);
    }
  }

  void take_plain(const BlobHandle& blob, ByteView plain) override {
    writer_.add_anyway(blob, plain, stop_);
  }

 private:
  Repository& source_;
  Repository& target_;
  BlobWriter& writer_;
  const StopToken& stop_;
};

class Copier {
 public:
  Copier(Repository& source, Repository& target, const Clock& clock, const CopyOptions& options,
         MaintenanceProgress& progress, const SnapshotCopied& copied, StopToken stop)
      : source_(source),
        target_(target),
        options_(options),
        progress_(progress),
        copied_(copied),
        stop_(std::move(stop)),
        writer_(target, clock, options.pack_bytes),
        taken_(source.index().contents()),
        seen_(source) {}

  CopyFigures copy(std::span<const Snapshot> snapshots) {
    for (const Snapshot& snapshot : snapshots) {
      throw_if_stopped(stop_);
      if (batch_.empty()) progress_.begin("looking through snapshots", "trees", 0);
      collect(snapshot);
      batch_.push_back(&snapshot);
      if (lacking_.lock()->bytes >= options_.batch_bytes) finish_batch();
    }
    finish_batch();
    return figures_;
  }

 private:
  struct Lacking {
    std::vector<PickedBlob> blobs;
    std::uint64_t bytes = 0;
  };

  /// What the target lacks of the snapshot and no earlier one of this run brought.
  void collect(const Snapshot& snapshot) {
    const VisitTree visit = [&](const Id& tree, Bytes&& blob, std::vector<Id>& next) {
      TreeReferences references = read_references(std::move(blob), tree_name(tree), stop_);
      want({BlobType::kTree, tree});
      for (const Id& id : references.contents) want({BlobType::kData, id});
      next = std::move(references.subtrees);
      progress_.advance();
    };
    const std::vector<Id> roots = {snapshot.tree};
    walk_trees(source_, roots, seen_, visit, stop_);
  }

  void want(const BlobHandle& blob) {
    switch (taken_.insert(blob)) {
      case BlobSet::Inserted::kBefore:
        return;
      case BlobSet::Inserted::kNotIndexed:
        throw Error(ErrorCode::kDamaged,
                    fmt::format("{} blob {} is in no index of {}; run 'snapfs check' on it",
                                to_string(blob.type), blob.id.hex(), source_.files().location()),
                    blob.id.hex());
      case BlobSet::Inserted::kNew:
        break;
    }
    if (target_.index().contains(blob)) return;
    const BlobRow row = taken_.row_of(blob).value();
    const TableEntry entry = entry_at(taken_.contents(), row);
    const auto lacking = lacking_.lock();
    lacking->blobs.push_back({entry.pack, row});
    lacking->bytes += entry.length;
  }

  /// Contents, index, snapshots.
  void finish_batch() {
    if (batch_.empty()) return;
    Lacking lacking = std::exchange(*lacking_.lock(), {});
    std::ranges::sort(lacking.blobs, {}, &PickedBlob::pack);
    progress_.begin("copying", "packs", count_packs(lacking.blobs));
    Resealer resealer(source_, target_, writer_, stop_);
    stream_blobs(source_, taken_.contents(), lacking.blobs, resealer, stop_,
                 [this] { progress_.advance(); });
    writer_.flush(stop_);
    figures_.blobs += lacking.blobs.size();
    figures_.bytes += lacking.bytes;
    options_.require_locks();
    for (const Snapshot* snapshot : std::exchange(batch_, {})) write(*snapshot);
  }

  static std::uint64_t count_packs(const std::vector<PickedBlob>& blobs) {
    std::uint64_t packs = 0;
    for (std::size_t i = 0; i < blobs.size(); ++i) {
      packs += i == 0 || blobs[i].pack != blobs[i - 1].pack;
    }
    return packs;
  }

  void write(const Snapshot& snapshot) {
    Snapshot copy = snapshot;
    copy.parent.reset();  // an ID of the other repository
    copy.original = first_version(snapshot);
    const Id id = save_snapshot(target_, copy, stop_);
    if (copied_) copied_(snapshot, id);
  }

  Repository& source_;
  Repository& target_;
  const CopyOptions& options_;
  MaintenanceProgress& progress_;
  const SnapshotCopied& copied_;
  const StopToken stop_;
  BlobWriter writer_;
  BlobSet taken_;
  SeenTrees seen_;
  Synchronized<Lacking> lacking_;
  std::vector<const Snapshot*> batch_;
  CopyFigures figures_;
};

}  // namespace

std::vector<CopyCandidate> find_uncopied(const std::vector<Snapshot>& wanted,
                                         const std::vector<Snapshot>& present) {
  std::map<CopyKey, const Snapshot*> copies;
  for (const Snapshot& snapshot : present) {
    copies.emplace(copy_key(snapshot.id, snapshot), &snapshot);
    if (snapshot.original) copies.emplace(copy_key(*snapshot.original, snapshot), &snapshot);
  }
  std::vector<CopyCandidate> candidates;
  for (const Snapshot& snapshot : wanted) {
    const auto copy = copies.find(copy_key(first_version(snapshot), snapshot));
    candidates.push_back({snapshot, copy == copies.end() ? nullptr : copy->second});
  }
  return candidates;
}

CopyFigures copy_snapshots(Repository& source, Repository& target, const Clock& clock,
                           std::span<const Snapshot> snapshots, const CopyOptions& options,
                           MaintenanceProgress& progress, const SnapshotCopied& copied,
                           StopToken stop) {
  return Copier(source, target, clock, options, progress, copied, std::move(stop)).copy(snapshots);
}

}  // namespace snapfs
