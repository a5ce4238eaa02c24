// An input taken apart from its beginning: numbers that choose what to do, and the bytes to do it
// with. When nothing is left there are zeros and empty texts, so that every input means something.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fs/base/bytes.h"

namespace snapfs::test {

/// Borrows the input.
class FuzzInput {
 public:
  explicit FuzzInput(ByteView input) : rest_(input) {}

  bool empty() const noexcept { return rest_.empty(); }

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }

  /// Little-endian, of `bytes` bytes, at most 8.
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value |= std::uint64_t{byte()} << 8 * i;
    return value;
  }

  /// As many as there are, if they are fewer.
  ByteView take(std::size_t count) {
    const ByteView taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

  /// Up to the next newline, which is dropped, or to the end.
  std::string_view line() {
    const std::string_view text = as_text(rest_);
    const std::string_view taken = text.substr(0, text.find('\n'));
    rest_ = rest_.subspan(std::min(taken.size() + 1, rest_.size()));
    return taken;
  }

  /// All that is left.
  ByteView rest() { return take(rest_.size()); }
  std::string_view text() { return as_text(rest()); }

 private:
  ByteView rest_;
};

}  // namespace snapfs::test
