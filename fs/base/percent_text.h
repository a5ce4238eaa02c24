// Percent-encoding (RFC 3986 §2.1): bytes as "%41".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snapfs {

/// Appends the byte as "%41".
void append_percent_byte(std::string& out, char byte);

/// The byte of the "%41" that the text begins with, digits of either case; nothing when it does not
/// begin so.
std::optional<char> percent_byte(std::string_view text) noexcept;

enum class Slashes : std::uint8_t { kKept, kEncoded };

/// `text` with every byte encoded that is no letter, no digit and none of -._~ .
std::string percent_encoded(std::string_view text, Slashes slashes);

/// The bytes that the text stands for; a plus sign is one. Nothing when a percent sign is not
/// followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace snapfs
