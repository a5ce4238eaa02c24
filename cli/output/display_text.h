// Text for a terminal: nothing in it steers that, or shows it in another order, and it is no wider.
// Whatever reaches a terminal passes here last (cli/output/output.h), whoever wrote it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace snapfs {

/// Whether a terminal does something else with the code point than show it at its place: control
/// characters, what changes the direction of text, line and paragraph separators.
bool steers_terminals(char32_t code_point) noexcept;

/// `lines` with such code points, and bytes that are not valid UTF-8, escaped as in Go or C: \x1b,
/// \u009b. Line ends stay. JSON stays the same JSON: it has none of those that are escaped by \x.
std::string disarmed(std::string_view lines);

/// The same for what belongs into one line: line ends are escaped, too.
std::string printable(std::string_view text);

/// The name as it is when all of it is printable, otherwise quoted with escapes as in a Go or C
/// string.
std::string displayable(std::string_view name);

/// The beginning of `line` that takes at most `columns` columns, whole characters only. Characters
/// that may be wide count twice, so the result is sometimes shorter than it could be.
std::string_view fit_columns(std::string_view line, std::size_t columns) noexcept;

}  // namespace snapfs
