// Percent-encoding as Amazon's signature wants it (RFC 3986, with nothing left out).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace snapfs {

enum class Slashes { kKept, kEncoded };

/// `text` with every byte encoded that is no letter, no digit and none of -._~ .
std::string percent_encoded(std::string_view text, Slashes slashes);

/// The bytes that the text stands for; a plus sign is one. Nothing when a percent sign is not
/// followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace snapfs
