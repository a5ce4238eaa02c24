// A run of a file's bytes in the buffers they are cached in.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "fs/base/bytes.h"

namespace snapfs {

struct FileSlice {
  struct Piece {
    std::shared_ptr<const Bytes> owner;
    ByteView bytes;
  };
  std::vector<Piece> pieces;

  std::size_t size() const noexcept {
    std::size_t total = 0;
    for (const Piece& piece : pieces) total += piece.bytes.size();
    return total;
  }
};

}  // namespace snapfs
