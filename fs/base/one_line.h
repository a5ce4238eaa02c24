// What another program or a server says, made fit for a message of ours.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace snapfs {

/// The first line of the text that has something in it, without white space around it: a space
/// stands for every control character, which might do something to a terminal, and for every byte
/// that is no UTF-8. At most `bytes` bytes of it, and no half of a character.
std::string one_line(std::string_view text, std::size_t bytes = 200);

}  // namespace snapfs
