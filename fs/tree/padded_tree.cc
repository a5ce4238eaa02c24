#include "fs/tree/padded_tree.h"

#include <algorithm>
#include <cstdint>

#include "fs/format/json_input.h"

namespace snapfs {

void PaddedTree::take(Bytes&& text) {
  padded_ = std::move(text);
  size_ = padded_.size();
  padded_.resize(size_ + simdjson::SIMDJSON_PADDING);
  std::fill(padded_.begin() + static_cast<std::ptrdiff_t>(size_), padded_.end(), std::uint8_t{' '});
}

void PaddedTree::repair() {
  take(copy_of(as_bytes(replace_invalid_text(text()))));
  repaired_ = true;
}

}  // namespace snapfs
