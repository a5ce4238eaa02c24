#include "fs/tree/padded_tree.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "fs/format/json_input.h"

namespace snapfs {

void PaddedTree::take(Bytes&& text) {
  padded_ = std::move(text);
  size_ = padded_.size();
  forgotten_ = 0;
  padded_.resize(size_ + simdjson::SIMDJSON_PADDING);
  std::fill(padded_.begin() + static_cast<std::ptrdiff_t>(size_), padded_.end(), std::uint8_t{' '});
}

void PaddedTree::forget_before(std::size_t offset) noexcept {
  constexpr std::size_t kPiece = 8 << 20;
  if (offset < forgotten_ + kPiece) return;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(padded_.data() + forgotten_);
  const auto end = reinterpret_cast<std::uintptr_t>(padded_.data() + offset) / page * page;
  const std::uintptr_t first = (begin + page - 1) / page * page;
  // It is the vector's still, and reads as zeros. Where that cannot be done, it stays.
  (void)::madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
  forgotten_ = offset;
}

void PaddedTree::repair() {
  take(copy_of(as_bytes(replace_invalid_text(text()))));
  repaired_ = true;
}

}  // namespace snapfs
