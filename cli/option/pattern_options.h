// Patterns that are given as options and in files.
#pragma once

#include <string>
#include <vector>

#include "fs/pattern/pattern_list.h"

namespace snapfs {

/// The patterns of one option, then those of its files, whose option ends in "-file" (FORMAT
/// §13.6: evaluated in this order). Throws Error{kUsage} for malformed ones, and what reading the
/// files throws.
PatternList read_patterns(const std::vector<std::string>& patterns, const std::string& option,
                          const std::vector<std::string>& files, LetterCase letter_case);

}  // namespace snapfs
