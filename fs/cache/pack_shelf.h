// Packs in the cache, whole ones and parts: what was asked for once need not be asked for again.
// Nobody waits for a whole pack because he wants a part of it.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/synchronized.h"
#include "fs/cache/cached_file.h"
#include "fs/cache/pack_parts.h"
#include "fs/time/timestamp.h"

namespace snapfs {

/// Thread-safe. What other processes add is seen when it was there before the pack's folder was
/// looked at first; what they remove is missed when it is wanted. What it hands out was not looked
/// at: whoever opens it drops it when it does not open.
class PackShelf {
 public:
  /// The directory need not exist.
  explicit PackShelf(std::string directory) : files_(std::move(directory)) {}

  /// As many bytes as `range` has, of which those in `wanted` are as they were stored, and the
  /// others anything; nothing when some of the wanted ones are not there. Throws Error, or
  /// std::bad_alloc.
  std::optional<Bytes> load(const Id& pack, const ByteRange& range,
                            std::span<const ByteRange> wanted);

  /// Stores a whole pack, or a part. Throws Error.
  void keep(const CachedName& name, ByteView bytes);

  /// The pack, if it is whole, and all parts of it that have a byte of the range.
  void drop(const Id& pack, const ByteRange& range);

  /// All of it.
  void drop(const Id& pack);

  /// Drops all packs that are not among the listed ones.
  void keep_only(const std::unordered_set<Id>& listed);

  /// The same, but for the files that were used since that time.
  void keep_only(const std::unordered_set<Id>& listed, Timestamp used_since);

 private:
  struct KeptPack {
    bool whole = false;
    PackParts parts;
  };
  struct State {
    std::bitset<UINT8_MAX + 1> looked_at;  ///< folders, by the first byte of the IDs in them
    std::unordered_map<Id, KeptPack> packs;
  };

  std::optional<std::vector<PartPiece>> plan(const Id& pack, std::span<const ByteRange> wanted);
  KeptPack& find(State& state, const Id& pack);
  void forget(const CachedName& name);

  const CachedFiles files_;
  Synchronized<State> state_;
};

}  // namespace snapfs
