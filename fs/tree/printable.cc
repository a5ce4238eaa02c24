#include "fs/tree/printable.h"

#include <algorithm>
#include <iterator>

namespace snapfs {
namespace {

constexpr RuneRange kPrintable[] = {
#include "fs/tree/printable_ranges.inc"
};

}  // namespace

std::span<const RuneRange> printable_ranges() noexcept { return kPrintable; }

bool is_printable(char32_t code_point) noexcept {
  const auto* later =
      std::upper_bound(std::begin(kPrintable), std::end(kPrintable), code_point,
                       [](char32_t value, const RuneRange& range) { return value < range.first; });
  return later != std::begin(kPrintable) && code_point <= std::prev(later)->last;
}

}  // namespace snapfs
