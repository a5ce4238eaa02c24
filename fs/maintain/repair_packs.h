// What is intact in damaged packs saved into new ones, and the damaged packs removed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/format/blob.h"
#include "fs/maintain/progress.h"
#include "fs/store/pack_writer.h"
#include "fs/time/clock.h"

namespace snapfs {

class Repository;

/// Gets a damaged pack as it is stored, with zeros in place of what cannot be read, to keep a copy
/// of it outside the repository.
using KeepPack = std::function<void(const Id& pack, ByteView file)>;

struct RepairPacksOptions {
  KeepPack keep;
  std::size_t pack_bytes = PackWriter::kDefaultTargetBytes;  ///< of the new packs
  /// Throws when the lock must count as lost: called before anything is removed.
  std::function<void()> require_lock = [] {};
};

struct LostBlob {
  BlobHandle handle;
  Id pack;
  std::string reason;
};

struct RepairedPacks {
  std::size_t saved_blobs = 0;
  std::uint64_t saved_bytes = 0;        ///< as they were stored
  std::vector<LostBlob> lost;           ///< of which there is no intact copy anywhere
  std::vector<std::string> unreadable;  ///< why packs were left as they were, and what to do
  std::vector<std::string>
      not_removed;  ///< why packs are still there, which the index lists no more
};

/// Of each pack, the blobs that its header or the index lists are tried; those that are intact are
/// stored anew. Then index files are written without the packs, and then these are removed: a crash
/// leaves blobs that are stored twice, or packs that no index lists. `options.keep` has got all
/// packs before anything is changed. A pack that fails with Error{kIo} is read blob by blob, and
/// one of which nothing at all can be read stays where it is, and in the index. The repository's
/// index is loaded. Throws Error{kNotFound} before anything is changed when a pack is not there,
/// and before anything is removed when another copy of a blob that is not intact cannot be read for
/// a reason that is no damage.
RepairedPacks repair_packs(Repository& repository, const Clock& clock, const std::vector<Id>& packs,
                           const RepairPacksOptions& options, MaintenanceProgress& progress,
                           StopToken stop);

}  // namespace snapfs
