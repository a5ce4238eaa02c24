#include "fs/backend/stored_range.h"

#include <new>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {

ByteRange require_range(const FileKey& key, const std::string& path,
                        const std::optional<ByteRange>& range, std::uint64_t size) {
  if (range) {
    if (range->offset > size || range->length > size - range->offset) throw_too_short(key, path);
    return *range;
  }
  if (size > max_stored_bytes(key.kind)) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} has {} bytes, more than any program writes into one: {}",
                            describe(key), size, path),
                path);
  }
  return {0, size};
}

void throw_too_short(const FileKey& key, const std::string& path) {
  throw Error(ErrorCode::kDamaged, fmt::format("{} is too short: {}", describe(key), path), path);
}

Bytes make_room(const FileKey& key, std::uint64_t size) {
  try {
    return Bytes(size);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::kOutOfResources,
                fmt::format("not enough memory for {} bytes of {}", size, describe(key)));
  }
}

}  // namespace snapfs
