// Which code points names show as they are (FORMAT §10.5, Appendix B). The set is that of one
// Unicode version and part of the format: the host's own classification must not be used.
#pragma once

#include <span>

namespace snapfs {

struct RuneRange {
  char32_t first;
  char32_t last;  ///< inclusive
};

/// All printable code points, ascending. Valid for ever.
std::span<const RuneRange> printable_ranges() noexcept;

bool is_printable(char32_t code_point) noexcept;

}  // namespace snapfs
