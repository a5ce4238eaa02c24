// What kinds of storage there are.
#pragma once

#include <array>
#include <string_view>

#include "tests/sim/world.h"

namespace snapfs::sim {

/// What a kind of storage is like.
struct StorageKind {
  std::string_view name;
  bool is_far = false;    ///< calls are made again, and few are under way
  bool is_atomic = true;  ///< or a save that is cut off leaves a part
  bool repeats = false;   ///< what was asked for may be done once more, also minutes later
  bool lists_in_pages = false;
  Nanoseconds listed_late = 0;  ///< at most: what is saved is listed, what is removed is not
  unsigned requests = 2;
  unsigned transfers = 2;
};

/// After this time nothing is carried out once more.
inline constexpr Nanoseconds kLatestRepeat = 5 * kMinute;

/// A directory, a REST server, an object store, a storage that lists late, and a server that stores
/// in pieces.
const std::array<StorageKind, 5>& storage_kinds() noexcept;

}  // namespace snapfs::sim
