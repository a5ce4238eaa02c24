// UTF-16 as it is found in files of other systems. Only reading.
#pragma once

#include <cstddef>

#include "fs/base/bytes.h"
#include "fs/base/utf8.h"

namespace snapfs {

/// Yields the runes of UTF-16 code units; halves of surrogate pairs and an odd byte at the end are
/// U+FFFD. The bytes must outlive the reader.
class Utf16Reader {
 public:
  Utf16Reader(ByteView bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  bool at_end() const noexcept { return position_ >= bytes_.size(); }

  /// Not at the end.
  char32_t next() noexcept {
    const char32_t first = unit_at(position_);
    position_ += 2;
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first >= 0xdc00 || position_ >= bytes_.size()) return kReplacementRune;
    const char32_t second = unit_at(position_);
    if (second < 0xdc00 || second > 0xdfff) return kReplacementRune;
    position_ += 2;
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
  }

 private:
  /// An odd byte at the end is half a unit: it stands for nothing that can be read.
  char32_t unit_at(std::size_t position) const noexcept {
    if (position + 1 >= bytes_.size()) return kReplacementRune;
    const char32_t first = bytes_[position];
    const char32_t second = bytes_[position + 1];
    return big_endian_ ? first << 8 | second : second << 8 | first;
  }

  ByteView bytes_;
  bool big_endian_;
  std::size_t position_ = 0;
};

}  // namespace snapfs
