#include "fs/base/id_prefix.h"

#include <algorithm>

namespace snapfs {
namespace {

std::optional<unsigned> digit_value(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

constexpr bool is_high(std::size_t digit) noexcept { return digit % 2 == 0; }

}  // namespace

std::optional<IdPrefix> IdPrefix::parse(std::string_view text) noexcept {
  if (text.empty() || text.size() > 2 * Id::kSize) return std::nullopt;
  IdPrefix prefix;
  prefix.digits_ = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto value = digit_value(text[i]);
    if (!value) return std::nullopt;
    std::uint8_t& byte = prefix.first_.bytes[i / 2];
    byte = static_cast<std::uint8_t>(byte | (is_high(i) ? *value << 4U : *value));
  }
  return prefix;
}

bool IdPrefix::matches(const Id& id) const noexcept {
  const std::size_t whole = digits_ / 2;
  if (!std::equal(first_.bytes.begin(), first_.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  id.bytes.begin())) {
    return false;
  }
  return is_high(digits_) || first_.bytes[whole] >> 4U == id.bytes[whole] >> 4U;
}

}  // namespace snapfs
