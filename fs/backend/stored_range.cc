#include "fs/backend/stored_range.h"

#include <limits>
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

void throw_incomplete(Backend& backend, const FileKey& key, const ByteRange& range,
                      const StopToken& stop) {
  const std::optional<std::uint64_t> whole = backend.size(key, stop);
  const std::string call = fmt::format("cannot load {} at {}", describe(key), backend.location());
  if (!whole) throw Error(ErrorCode::kNotFound, call + ": it is not there", key.id.hex());
  if (range.offset > *whole || range.length > *whole - range.offset) {
    throw Error(ErrorCode::kDamaged,
                fmt::format("{} is too short: it has {} bytes at {}", describe(key), *whole,
                            backend.location()),
                key.id.hex());
  }
  throw Error(ErrorCode::kUnavailable, call + ": the server sent another part than was asked for",
              key.id.hex());
}

bool can_be_asked_for(const FileKey& key, const ByteRange& range) noexcept {
  constexpr std::uint64_t kLastOffset = std::numeric_limits<std::int64_t>::max();
  return range.length > 0 && range.length <= max_stored_bytes(key.kind) &&
         range.offset <= kLastOffset - range.length;
}

Bytes load_none(Backend& backend, const FileKey& key, const ByteRange& range,
                const StopToken& stop) {
  if (range.length == 0) {
    const std::optional<std::uint64_t> whole = backend.size(key, stop);
    if (whole && range.offset <= *whole) return {};
  }
  throw_incomplete(backend, key, range, stop);
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
