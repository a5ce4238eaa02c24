#include "fs/maintain/repair_packs.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/backend.h"
#include "fs/base/error.h"
#include "fs/crypto/sha256.h"
#include "fs/format/pack.h"
#include "fs/maintain/blobs_of_packs.h"
#include "fs/maintain/pack_salvage.h"
#include "fs/repo/file_removal.h"
#include "fs/repo/repository.h"
#include "fs/store/blob_writer.h"
#include "fs/store/index_rewrite.h"

namespace snapfs {
namespace {

class PackRepair {
 public:
  PackRepair(Repository& repository, const Clock& clock, std::unordered_set<Id> packs,
             const RepairPacksOptions& options, MaintenanceProgress& progress, StopToken stop)
      : repository_(repository),
        packs_(std::move(packs)),
        options_(options),
        progress_(progress),
        stop_(std::move(stop)),
        listed_(blobs_of_packs(repository.index(), packs_)),
        writer_(repository, clock, options.pack_bytes) {}

  void keep_copies() {
    progress_.begin("keep copies of the packs", "packs", packs_.size());
    for (const Id& pack : packs_) {
      const ReadablePack readable = load(pack);
      if (readable.any) options_.keep(pack, readable.file);
      if (readable.any && !readable.fault.empty()) {
        progress_.warn(fmt::format(
            "pack {} cannot be read whole: {}: the copy has zeros in place of what cannot be read",
            pack.hex(), readable.fault));
      }
      progress_.advance();
    }
  }

  void save_intact_blobs() {
    progress_.begin("save intact blobs", "packs", packs_.size());
    for (const Id& pack : packs_) {
      if (!left_.contains(pack)) salvage(pack);
      progress_.advance();
    }
    writer_.flush(stop_);
  }

  /// The blobs that were not intact, unless there is another copy that is.
  void find_lost_blobs() {
    std::unordered_set<BlobHandle> reported;
    for (LostBlob& blob : damaged_) {
      if (saved_.contains(blob.handle) || !reported.insert(blob.handle).second) continue;
      if (!is_elsewhere(blob.handle)) result_.lost.push_back(std::move(blob));
    }
  }

  void forget_packs() {
    std::unordered_set<Id> done = packs_;
    for (const Id& pack : left_) done.erase(pack);
    if (done.empty()) return;
    progress_.begin("write the index", "index files", 0);
    options_.require_lock();
    rewrite_index(repository_, done, stop_,
                  {options_.require_lock, [this] { progress_.advance(); }});
    progress_.begin("remove the damaged packs", "packs", done.size());
    options_.require_lock();
    const RemovalResult removal =
        remove_files(repository_.files(), FileKind::kPack, {done.begin(), done.end()}, stop_,
                     [this](const Id&) { progress_.advance(); });
    for (const RemovalFailure& failure : removal.failures) {
      result_.not_removed.emplace_back(failure.error.what());
    }
  }

  RepairedPacks result() { return std::move(result_); }

 private:
  std::span<const PackEntry> listed_in(const Id& pack) const {
    const auto found = listed_.find(pack);
    return found == listed_.end() ? std::span<const PackEntry>() : found->second;
  }

  /// As far as it can be read. When nothing of it can be, the pack may be intact on a storage that
  /// is out of order: it is left as it is, and the index, too.
  ReadablePack load(const Id& pack) {
    ReadablePack readable = load_readable(repository_, pack, listed_in(pack), stop_);
    if (!readable.any && left_.insert(pack).second) {
      result_.unreadable.push_back(
          fmt::format("pack {} was left as it is, as nothing of it can be read now: {}: check the "
                      "storage and repair it again; if it stays so, move the file away and run "
                      "\"snapfs repair index\"",
                      pack.hex(), readable.fault));
    }
    return readable;
  }

  /// Whether another pack has it intact, or may have it, for one that was left as it is.
  bool is_elsewhere(const BlobHandle& blob) {
    std::optional<Error> fault;
    for (const BlobLocation& place : repository_.index().find(blob)) {
      if (left_.contains(place.pack)) return true;
      if (packs_.contains(place.pack)) continue;  // tried before
      try {
        const FileKey pack{FileKind::kPack, place.pack};
        const Bytes sealed = repository_.files().load(pack, ByteRange{place.offset, place.length},
                                                      {.urgency = Urgency::kBulk}, stop_);
        repository_.codecs().borrow()->open_blob(blob, sealed, place.uncompressed_length);
        return true;
      } catch (const Error& error) {
        if (error.ends_the_run()) throw;
        if (!error.means_loss()) fault = error;
      }
    }
    if (!fault) return false;
    throw Error(
        fault->code(),
        fmt::format("whether {} blob {} is lost cannot be said now, so no pack was removed: "
                    "{}: check the storage and repair again",
                    to_string(blob.type), blob.id.hex(), fault->what()),
        blob.id.hex());
  }

  void salvage(const Id& pack) {
    const ReadablePack readable = load(pack);
    if (!readable.any) return;
    const ByteView file = readable.file;
    std::vector<PackEntry> listed(listed_in(pack).begin(), listed_in(pack).end());
    const CodecPool::Lease codec = repository_.codecs().borrow();
    const std::vector<PackEntry> header = read_header(*codec, file);
    if (!header.empty() && sha256(file) == pack) {
      // The pack is as it was written, so it is the index that is wrong: what only that knows never
      // was.
      listed = header;
    } else {
      const std::set<PackEntry> known(listed.begin(), listed.end());
      std::ranges::copy_if(header, std::back_inserter(listed),
                           [&known](const PackEntry& entry) { return !known.contains(entry); });
    }
    if (listed.empty()) {
      progress_.warn(fmt::format(
          "pack {}: neither its header nor the index says what is in it: nothing can be saved",
          pack.hex()));
    }
    for (const PackEntry& entry : listed) salvage(pack, readable, entry, *codec);
  }

  static std::vector<PackEntry> read_header(Codec& codec, ByteView file) {
    try {
      return parse_pack_header(codec, file, file.size());
    } catch (const Error& error) {
      if (!error.means_loss()) throw;
      return {};  // the index has to do
    }
  }

  void salvage(const Id& pack, const ReadablePack& readable, const PackEntry& entry, Codec& codec) {
    if (saved_.contains(entry.handle)) return;
    throw_if_stopped(stop_);
    const auto unread = readable.unread.find(entry.offset);
    if (unread != readable.unread.end()) {
      damaged_.push_back({entry.handle, pack, unread->second});
      return;
    }
    const ByteView file = readable.file;
    ByteView content;
    try {
      if (std::uint64_t{entry.offset} + entry.length > file.size()) {
        throw Error(ErrorCode::kDamaged, "it lies beyond the end of the file");
      }
      content = codec.open_content(entry.handle, file.subspan(entry.offset, entry.length),
                                   entry.uncompressed_length);
    } catch (const Error& error) {
      if (!error.means_loss()) throw;
      damaged_.push_back({entry.handle, pack, error.what()});
      return;
    }
    writer_.add_content(entry.handle, content, entry.uncompressed_length, stop_);
    saved_.insert(entry.handle);
    ++result_.saved_blobs;
    result_.saved_bytes += entry.length;
  }

  Repository& repository_;
  const std::unordered_set<Id> packs_;
  const RepairPacksOptions& options_;
  MaintenanceProgress& progress_;
  const StopToken stop_;
  const std::unordered_map<Id, std::vector<PackEntry>> listed_;  ///< what the index says
  BlobWriter writer_;
  std::unordered_set<Id> left_;  ///< of the packs, those that nothing can be done about
  std::unordered_set<BlobHandle> saved_;
  std::vector<LostBlob> damaged_;
  RepairedPacks result_;
};

void require_packs(Repository& repository, const std::vector<Id>& packs, const StopToken& stop) {
  for (const Id& pack : packs) {
    if (repository.files().size({FileKind::kPack, pack}, stop)) continue;
    throw Error(
        ErrorCode::kNotFound,
        fmt::format("pack {} does not exist: \"snapfs repair index\" takes it off the index",
                    pack.hex()),
        pack.hex());
  }
}

}  // namespace

RepairedPacks repair_packs(Repository& repository, const Clock& clock, const std::vector<Id>& packs,
                           const RepairPacksOptions& options, MaintenanceProgress& progress,
                           StopToken stop) {
  require_packs(repository, packs, stop);
  PackRepair repair(repository, clock, {packs.begin(), packs.end()}, options, progress, stop);
  repair.keep_copies();
  repair.save_intact_blobs();
  repair.find_lost_blobs();
  repair.forget_packs();
  return repair.result();
}

}  // namespace snapfs
