// Sums of sizes that others wrote: one that does not fit is the largest number, not a small one.
#pragma once

#include <cstdint>
#include <limits>

namespace snapfs {

constexpr std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) noexcept {
  return b > std::numeric_limits<std::uint64_t>::max() - a
             ? std::numeric_limits<std::uint64_t>::max()
             : a + b;
}

constexpr void add_saturating(std::uint64_t& sum, std::uint64_t more) noexcept {
  sum = saturating_sum(sum, more);
}

}  // namespace snapfs
