// Small packs of trees that were loaded whole, in memory: of a directory that is wanted far away,
// those below it lie in the same pack as a rule, and one request brings them all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "fs/backend/backend.h"
#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/synchronized.h"

namespace snapfs {

/// Thread-safe. When it is full the oldest go.
class WholePacks {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{8} << 20;

  void add(const Id& pack, Bytes bytes) {
    const auto kept = kept_.lock();
    const std::size_t size = bytes.size();
    if (!kept->packs.try_emplace(pack, std::move(bytes)).second) return;
    kept->order.push_back(pack);
    kept->bytes += size;
    while (kept->bytes > kMostBytes) {
      const auto oldest = kept->packs.find(kept->order.front());
      kept->bytes -= oldest->second.size();
      kept->packs.erase(oldest);
      kept->order.pop_front();
    }
  }

  /// The bytes of that range, if the pack is kept and has it.
  std::optional<Bytes> part(const Id& pack, const ByteRange& range) {
    const auto kept = kept_.lock();
    const auto found = kept->packs.find(pack);
    if (found == kept->packs.end()) return std::nullopt;
    return part_of(found->second, range);
  }

  static std::optional<Bytes> part_of(ByteView whole, const ByteRange& range) {
    if (range.offset > whole.size() || range.length > whole.size() - range.offset) {
      return std::nullopt;
    }
    const ByteView part = whole.subspan(range.offset, range.length);
    return Bytes(part.begin(), part.end());
  }

 private:
  struct Kept {
    std::unordered_map<Id, Bytes> packs;
    std::deque<Id> order;
    std::size_t bytes = 0;
  };

  Synchronized<Kept> kept_;
};

}  // namespace snapfs
