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
  auto* const begin = padded_.data() + forgotten_;
  auto* const end = padded_.data() + offset;
  const std::uintptr_t to_page = (page - reinterpret_cast<std::uintptr_t>(begin) % page) % page;
  const std::uintptr_t beyond = reinterpret_cast<std::uintptr_t>(end) % page;
  // It is the vector's still, and reads as zeros. Where that cannot be done, it stays.
  (void)::madvise(begin + to_page, offset - forgotten_ - to_page - beyond, MADV_DONTNEED);
  forgotten_ = offset;
}

void PaddedTree::repair() {
  take(copy_of(as_bytes(replace_invalid_text(text()))));
  repaired_ = true;
}

}  // namespace snapfs
