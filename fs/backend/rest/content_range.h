// The header that says which part of a file an answer is (RFC 9110 §14.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace snapfs {

/// "bytes 10-19/100".
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;              ///< at least `first`
  std::optional<std::uint64_t> whole;  ///< the file's size, when the server tells it

  /// Nothing when the text is no such header.
  static std::optional<ContentRange> parse(std::string_view text);

  std::uint64_t length() const noexcept { return last - first + 1; }
};

}  // namespace snapfs
