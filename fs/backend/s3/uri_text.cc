#include "fs/backend/s3/uri_text.h"

#include <cstdint>

#include "fs/base/hex.h"

namespace snapfs {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string percent_encoded(std::string_view text, Slashes slashes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || (c == '/' && slashes == Slashes::kKept)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 15];
  }
  return encoded;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '%') {
      decoded += c;
      continue;
    }
    std::uint8_t byte = 0;
    if (text.size() < 2 || !parse_hex(text.substr(0, 2), {&byte, 1})) return std::nullopt;
    decoded += static_cast<char>(byte);
    text.remove_prefix(2);
  }
  return decoded;
}

}  // namespace snapfs
