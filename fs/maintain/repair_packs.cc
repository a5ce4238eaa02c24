#include "fs/maintain/repair_packs.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/backend.h"
#include "fs/base/error.h"
#include "fs/crypto/sha256.h"
#include "fs/maintain/blobs_of_packs.h"
#include "fs/repo/blob_writer.h"
#include "fs/repo/file_removal.h"
#include "fs/repo/index_rewrite.h"
#include "fs/repo/pack.h"
#include "fs/repo/repository.h"

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
        writer_(repository, clock, options.pack_bytes) {}

  void keep_copies() {
    progress_.begin("keep copies of the packs", "packs", packs_.size());
    for (const Id& pack : packs_) {
      options_.keep(pack, load(pack));
      progress_.advance();
    }
  }

  void save_intact_blobs() {
    progress_.begin("save intact blobs", "packs", packs_.size());
    const auto listed = blobs_of_packs(repository_.index(), packs_);
    for (const Id& pack : packs_) {
      const auto found = listed.find(pack);
      salvage(pack, found == listed.end() ? std::vector<PackEntry>() : found->second);
      progress_.advance();
    }
    writer_.flush(stop_);
  }

  /// The blobs that were not intact, unless there is another copy that is.
  void find_lost_blobs() {
    std::unordered_set<BlobHandle> reported;
    for (LostBlob& blob : damaged_) {
      if (saved_.contains(blob.handle) || !reported.insert(blob.handle).second) continue;
      try {
        repository_.load_blob(blob.handle, stop_);
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kCancelled) throw;
        result_.lost.push_back(std::move(blob));
      }
    }
  }

  void forget_packs() {
    progress_.begin("write the index", "index files", 0);
    options_.require_lock();
    rewrite_index(repository_, packs_, stop_, [this] { progress_.advance(); });
    progress_.begin("remove the damaged packs", "packs", packs_.size());
    options_.require_lock();
    const RemovalResult removal =
        remove_files(repository_.backend(), FileKind::kPack, {packs_.begin(), packs_.end()}, stop_,
                     [this](const Id&) { progress_.advance(); });
    for (const RemovalFailure& failure : removal.failures) {
      result_.not_removed.emplace_back(failure.error.what());
    }
  }

  RepairedPacks result() { return std::move(result_); }

 private:
  Bytes load(const Id& pack) {
    return repository_.backend().load({FileKind::kPack, pack}, std::nullopt, stop_);
  }

  void salvage(const Id& pack, std::vector<PackEntry> listed) {
    const Bytes file = load(pack);
    const CodecPool::Lease codec = repository_.codecs().borrow();
    const std::vector<PackEntry> header = read_header(*codec, file);
    if (!header.empty() && sha256(file) == pack) {
      // The pack is as it was written, so it is the index that is wrong: what only that knows never
      // was.
      listed = header;
    } else {
      std::ranges::copy_if(header, std::back_inserter(listed), [&listed](const PackEntry& entry) {
        return std::ranges::find(listed, entry) == listed.end();
      });
    }
    if (listed.empty()) {
      progress_.warn(fmt::format(
          "pack {}: neither its header nor the index says what is in it: nothing can be saved",
          pack.hex()));
    }
    for (const PackEntry& entry : listed) salvage(pack, file, entry, *codec);
  }

  static std::vector<PackEntry> read_header(Codec& codec, ByteView file) {
    try {
      return parse_pack_header(codec, file, file.size());
    } catch (const Error&) {
      return {};  // the index has to do
    }
  }

  void salvage(const Id& pack, ByteView file, const PackEntry& entry, Codec& codec) {
    if (saved_.contains(entry.handle)) return;
    throw_if_stopped(stop_);
    ByteView content;
    try {
      if (std::uint64_t{entry.offset} + entry.length > file.size()) {
        throw Error(ErrorCode::kDamaged, "it lies beyond the end of the file");
      }
      content = codec.open_content(entry.handle, file.subspan(entry.offset, entry.length),
                                   entry.uncompressed_length);
    } catch (const Error& error) {
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
  BlobWriter writer_;
  std::unordered_set<BlobHandle> saved_;
  std::vector<LostBlob> damaged_;
  RepairedPacks result_;
};

void require_packs(Repository& repository, const std::vector<Id>& packs, const StopToken& stop) {
  for (const Id& pack : packs) {
    if (repository.backend().size({FileKind::kPack, pack}, stop)) continue;
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
