// Buffers for the chunks of large files, used again: the pages of a fresh one of a MiB cost as much
// to clear as its bytes cost to encrypt.
#pragma once

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

  /// An empty buffer, with capacity if there is one to spare.
  Bytes take() {
    const auto kept = kept_.lock();
    if (kept->buffers.empty()) return {};
    Bytes buffer = std::move(kept->buffers.back());
    kept->buffers.pop_back();
    kept->bytes -= buffer.capacity();
    return buffer;
  }

  void give(Bytes buffer) {
    buffer.clear();
    const auto kept = kept_.lock();
    if (kept->bytes + buffer.capacity() > limit_bytes_) return;
    kept->bytes += buffer.capacity();
    kept->buffers.push_back(std::move(buffer));
  }

 private:
  struct Kept {
    std::vector<Bytes> buffers;
    std::size_t bytes = 0;
  };

  const std::size_t limit_bytes_;
  Synchronized<Kept> kept_;
};

}  // namespace snapfs
