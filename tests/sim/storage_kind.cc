#include "tests/sim/storage_kind.h"

namespace snapfs::sim {

const std::array<StorageKind, 5>& storage_kinds() noexcept {
  static const std::array<StorageKind, 5> kinds = {{
      {.name = "directory"},
      {.name = "REST",
       .is_far = true,
       .is_atomic = false,
       .repeats = true,
       .requests = 5,
       .transfers = 3},
      {.name = "S3",
       .is_far = true,
       .repeats = true,
       .lists_in_pages = true,
       .requests = 5,
       .transfers = 3},
      {.name = "late lists",
       .is_far = true,
       .is_atomic = false,
       .repeats = true,
       .listed_late = 150 * kMillisecond,
       .requests = 5,
       .transfers = 3},
      {.name = "in pieces", .is_far = true, .is_atomic = false, .requests = 5, .transfers = 3},
  }};
  return kinds;
}

}  // namespace snapfs::sim
