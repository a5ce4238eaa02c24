// Names of files for a terminal: nothing in them steers it, and they are no wider than it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace snapfs {

/// The name as it is when all of it is printable, otherwise quoted with escapes as in a Go or C
/// string.
std::string displayable(std::string_view name);

/// The beginning of `line` that takes at most `columns` columns, whole characters only. Characters
/// that may be wide count twice, so the result is sometimes shorter than it could be.
std::string_view fit_columns(std::string_view line, std::size_t columns) noexcept;

}  // namespace snapfs
