#include "fs/base/hex.h"

#include <array>
#include <cstddef>

namespace snapfs {
namespace {

constexpr char kDigits[] = "0123456789abcdef";
constexpr std::uint8_t kNotADigit = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNotADigit);
  for (int digit = 0; digit < 16; ++digit) {
    values[static_cast<unsigned char>(kDigits[digit])] = static_cast<std::uint8_t>(digit);
  }
  for (int digit = 10; digit < 16; ++digit) {
    values[static_cast<std::size_t>('A' + digit - 10)] = static_cast<std::uint8_t>(digit);
  }
  return values;
}

constexpr auto kValues = make_values();

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text(bytes.size() * 2, '\0');
  write_hex(bytes, text.data());
  return text;
}

void write_hex(ByteView bytes, char* out) noexcept {
  for (const std::uint8_t byte : bytes) {
    *out++ = kDigits[byte >> 4];
    *out++ = kDigits[byte & 15];
  }
}

bool parse_hex(std::string_view text, MutByteView out) noexcept {
  if (text.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint8_t high = kValues[static_cast<unsigned char>(text[2 * i])];
    const std::uint8_t low = kValues[static_cast<unsigned char>(text[2 * i + 1])];
    if (high == kNotADigit || low == kNotADigit) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

}  // namespace snapfs
