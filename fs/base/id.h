// The 32-byte name of everything stored: a SHA-256 digest (FORMAT: IDs).
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "fs/base/bytes.h"
#include "fs/base/keyed_hash.h"

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

/// For keyed_hash(); in the machine's order of bytes.
inline std::array<std::uint64_t, 4> words_of(const Id& id) noexcept {
  return std::bit_cast<std::array<std::uint64_t, 4>>(id.bytes);
}

}  // namespace snapfs

/// Keyed: an ID is only the digest of something once that was read and compared. Whoever writes an
/// index or a tree may put any 32 bytes there.
template <>
struct std::hash<snapfs::Id> {
  std::size_t operator()(const snapfs::Id& id) const noexcept {
    return snapfs::keyed_hash(snapfs::words_of(id));
  }
};
