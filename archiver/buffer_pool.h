// Buffers for the chunks of large files, used again: the pages of a fresh one of a MiB cost as much
// to clear as its bytes cost to encrypt.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/synchronized.h"

namespace snapfs {

/// Thread-safe. Lends nothing: buffers are given away, and may be given back.
class BufferPool {
 public:
  /// Keeps up to `limit_bytes` of capacity.
  explicit BufferPool(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// An empty buffer with room for `size` bytes: the smallest that is spare, or a new one.
  Bytes take(std::size_t size) {
    {
      const auto kept = kept_.lock();
      const auto found = std::ranges::lower_bound(kept->buffers, size, {}, &Bytes::capacity);
      if (found != kept->buffers.end()) {
        Bytes buffer = std::move(*found);
        kept->buffers.erase(found);
        kept->bytes -= buffer.capacity();
        return buffer;
      }
    }
    Bytes buffer;
    buffer.reserve(std::bit_ceil(size));  // so that others fit in, too; unused pages cost nothing
    return buffer;
  }

  void give(Bytes buffer) {
    buffer.clear();
    const auto kept = kept_.lock();
    if (kept->bytes + buffer.capacity() > limit_bytes_) return;
    kept->bytes += buffer.capacity();
    const auto place =
        std::ranges::lower_bound(kept->buffers, buffer.capacity(), {}, &Bytes::capacity);
    kept->buffers.insert(place, std::move(buffer));
  }

 private:
  struct Kept {
    std::vector<Bytes> buffers;  ///< by ascending capacity
    std::size_t bytes = 0;
  };

  const std::size_t limit_bytes_;
  Synchronized<Kept> kept_;
};

}  // namespace snapfs
