#include "fs/base/percent_text.h"

#include "fs/base/hex.h"

namespace snapfs {
namespace {

constexpr std::size_t kEncodedSize = 3;

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

void append_percent_byte(std::string& out, char byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto value = static_cast<std::uint8_t>(byte);
  out += '%';
  out += kDigits[value >> 4];
  out += kDigits[value & 15];
}

std::optional<char> percent_byte(std::string_view text) noexcept {
  std::uint8_t byte = 0;
  const bool is_one = text.size() >= kEncodedSize && text.front() == '%' &&
                      parse_hex(text.substr(1, 2), {&byte, 1});
  if (!is_one) return std::nullopt;
  return static_cast<char>(byte);
}

std::string percent_encoded(std::string_view text, Slashes slashes) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || (c == '/' && slashes == Slashes::kKept)) {
      encoded += c;
    } else {
      append_percent_byte(encoded, c);
    }
  }
  return encoded;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    const bool is_plain = text.front() != '%';
    const std::optional<char> byte = is_plain ? text.front() : percent_byte(text);
    if (!byte) return std::nullopt;
    decoded += *byte;
    text.remove_prefix(is_plain ? 1 : kEncodedSize);
  }
  return decoded;
}

}  // namespace snapfs
