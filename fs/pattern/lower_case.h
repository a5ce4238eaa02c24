// Letters without their case, independent of the locale, as Go's strings.ToLower has it.
#pragma once

#include <string>
#include <string_view>

namespace snapfs {

/// Each rune becomes its simple lower case of Unicode 15.0, which is one rune; bytes that are not
/// valid UTF-8 become U+FFFD.
std::string lower_case(std::string_view text);

}  // namespace snapfs
