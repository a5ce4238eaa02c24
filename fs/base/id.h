// The 32-byte name of everything stored: a SHA-256 digest (FORMAT: IDs).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "fs/base/bytes.h"

namespace snapfs {

/// A SHA-256 digest. A value type; default-constructed it is all zero, which names nothing.
struct Id {
  static constexpr std::size_t kSize = 32;

  std::array<std::uint8_t, kSize> bytes{};

  /// 64 lower-case digits.
  std::string hex() const;

  /// The first 8 digits, as shown to people.
  std::string short_hex() const;

  bool is_null() const noexcept { return *this == Id{}; }

  /// Reads exactly 64 hexadecimal digits.
  static std::optional<Id> parse(std::string_view text) noexcept;

  friend auto operator<=>(const Id&, const Id&) noexcept = default;
};

}  // namespace snapfs

/// IDs are uniformly distributed already: eight of their bytes are the hash.
template <>
struct std::hash<snapfs::Id> {
  std::size_t operator()(const snapfs::Id& id) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, id.bytes.data() + 8, sizeof value);
    return value;
  }
};
