// JSON for people to read.
#pragma once

#include <string>
#include <string_view>

namespace snapfs {

/// `compact`, which has no space outside of strings, with a line for each member and item, two
/// blanks a level, and none for what is empty. No newline at the end.
std::string indented_json(std::string_view compact);

}  // namespace snapfs
