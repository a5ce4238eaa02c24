// The lines of an exclude file as patterns. Reading the file and matching are done elsewhere.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace snapfs {

/// The value of an environment variable; empty if it is not set.
using VariableLookup = std::function<std::string(const std::string& name)>;

/// `text` with $NAME and ${NAME} replaced by what `lookup` says and $$ by a dollar, with the rules
/// of Go's os.Expand: `$` before anything else stays, "${}" and an unclosed "${" vanish, and the
/// special parameters of shells ($1, $*, …) are names, too.
std::string expand_variables(std::string_view text, const VariableLookup& lookup);

/// Each line without the white space around it and with its variables replaced; blank lines, and
/// comments, which begin with '#', are dropped.
std::vector<std::string> patterns_from_lines(std::span<const std::string> lines,
                                             const VariableLookup& lookup);

}  // namespace snapfs
