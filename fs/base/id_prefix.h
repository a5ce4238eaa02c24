// The first digits of an ID, which is how people write IDs.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "fs/base/id.h"

namespace snapfs {

/// A value: up to 64 hexadecimal digits, at least one.
class IdPrefix {
 public:
  /// Nothing when the text is anything else. Letters may be of either case.
  static std::optional<IdPrefix> parse(std::string_view text) noexcept;

  bool is_whole() const noexcept { return digits_ == 2 * Id::kSize; }

  /// The ID, for a whole one.
  const Id& id() const noexcept { return first_; }

  bool matches(const Id& id) const noexcept;

 private:
  Id first_;  ///< the digits, and zeros behind them
  std::size_t digits_ = 0;
};

}  // namespace snapfs
