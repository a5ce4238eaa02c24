// A word as it is typed to a shell: messages print commands, and people paste them.
#pragma once

#include <string>
#include <string_view>

namespace snapfs {

/// The word itself where no shell sees more in it, otherwise in single quotes.
std::string shell_word(std::string_view word);

}  // namespace snapfs
