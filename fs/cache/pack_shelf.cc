// What is there is known from the names of the files, of which a folder is listed when a pack that
// belongs into it is asked for first. Blobs are read in runs, and the same blobs in other runs the
// next time. So a load says which bytes of the run somebody wants, and what lies between them need
// not be there.
#include "fs/cache/pack_shelf.h"

#include <utility>
#include <vector>

#include "fs/base/file.h"

namespace snapfs {
namespace {

/// Of a whole pack: nobody knows how long it is, and nobody asks.
constexpr ByteRange kWholePack{0, UINT64_MAX};

CachedName name_of(const Id& pack, const ByteRange& part) {
  if (part.length == kWholePack.length) return {pack, std::nullopt};
  return {pack, part};
}

}  // namespace

/// Under the lock.
PackShelf::KeptPack& PackShelf::find(State& state, const Id& pack) {
  const std::uint8_t folder = pack.bytes[0];
  if (!state.looked_at.test(folder)) {
    for (const CachedName& name : files_.list(folder)) {
      KeptPack& kept = state.packs[name.id];
      if (!name.part) {
        kept.whole = true;
      } else {
        for (const ByteRange& useless : kept.parts.add(*name.part))
          files_.remove({name.id, useless});
      }
    }
    state.looked_at.set(folder);
  }
  return state.packs[pack];
}

std::optional<std::vector<PartPiece>> PackShelf::plan(const Id& pack,
                                                      std::span<const ByteRange> wanted) {
  std::vector<PartPiece> plan;
  const auto state = state_.lock();
  const KeptPack& kept = find(*state, pack);
  for (const ByteRange& range : wanted) {
    if (kept.whole) {
      plan.push_back({kWholePack, range.offset, range.offset + range.length});
      continue;
    }
    const std::vector<PartPiece> pieces = kept.parts.pieces_of(range);
    if (pieces.empty()) return std::nullopt;
    plan.insert(plan.end(), pieces.begin(), pieces.end());
  }
  return plan;
}

std::optional<Bytes> PackShelf::load(const Id& pack, const ByteRange& range,
                                     std::span<const ByteRange> wanted) {
  const std::optional<std::vector<PartPiece>> pieces = plan(pack, wanted);
  if (!pieces) return std::nullopt;
  Bytes bytes(range.length);
  UniqueFd fd;
  std::optional<ByteRange> open;
  for (const PartPiece& piece : *pieces) {
    const CachedName name = name_of(pack, piece.part);
    if (!open || open->offset != piece.part.offset || open->length != piece.part.length) {
      fd = files_.open(name);
      open = piece.part;
    }
    const MutByteView place =
        MutByteView(bytes).subspan(piece.begin - range.offset, piece.end - piece.begin);
    if (!fd ||
        read_at(fd.get(), piece.begin - piece.part.offset, place, name.text()) != place.size()) {
      forget(name);
      return std::nullopt;
    }
  }
  return bytes;
}

void PackShelf::keep(const CachedName& name, ByteView bytes) {
  files_.store(name, bytes);
  const auto state = state_.lock();
  KeptPack& kept = find(*state, name.id);
  if (!name.part) {
    kept.whole = true;
  } else {
    for (const ByteRange& useless : kept.parts.add(*name.part)) files_.remove({name.id, useless});
  }
}

/// The file is gone, or not what its name says.
void PackShelf::forget(const CachedName& name) {
  files_.remove(name);
  const auto state = state_.lock();
  KeptPack& kept = find(*state, name.id);
  if (name.part) {
    kept.parts.remove(*name.part);
  } else {
    kept.whole = false;
  }
}

void PackShelf::drop(const Id& pack, const ByteRange& range) {
  const auto state = state_.lock();
  KeptPack& kept = find(*state, pack);
  files_.remove({pack, std::nullopt});
  kept.whole = false;
  for (const ByteRange& part : kept.parts.take_overlapping(range)) files_.remove({pack, part});
}

void PackShelf::drop(const Id& pack) { drop(pack, kWholePack); }

void PackShelf::keep_only(const std::unordered_set<Id>& listed) {
  for (const CachedName& name : files_.list()) {
    if (!listed.contains(name.id)) drop(name.id);
  }
}

void PackShelf::keep_only(const std::unordered_set<Id>& listed, Timestamp used_since) {
  for (const CachedName& name : files_.list()) {
    if (listed.contains(name.id)) continue;
    const std::optional<Timestamp> used = files_.last_used(name);
    if (used && *used < used_since) forget(name);
  }
}

}  // namespace snapfs
