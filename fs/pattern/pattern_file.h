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
/// comments, which begin with '#', are dropped. Where a variable is not set or is empty, or has no
/// name ("${}"), it stands for nothing; but where that would make the pattern match more than was
/// written, lose a component of its path, or be empty, and where any value makes it match
/// everything, Error{kUsage} is thrown, with `origin`, the line's number and the variable.
std::vector<std::string> patterns_from_lines(std::span<const std::string> lines,
                                             const VariableLookup& lookup, std::string_view origin);

}  // namespace snapfs
