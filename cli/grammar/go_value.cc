#include "cli/grammar/go_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>

#include "fs/base/error.h"

namespace snapfs {
namespace {

[[noreturn]] void throw_no_integer() { throw Error(ErrorCode::kUsage, "a whole number is wanted"); }

/// Takes the prefix off and says which base it stands for.
int take_base(std::string_view& digits, bool& has_prefix) {
  has_prefix = digits.size() > 1 && digits.front() == '0';
  if (!has_prefix) return 10;
  const char mark = static_cast<char>(digits[1] | 0x20);  // lower case, for a letter
  const int base = mark == 'x' ? 16 : mark == 'b' ? 2 : mark == 'o' ? 8 : 0;
  digits.remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;
}

}  // namespace

bool parse_boolean(std::string_view text) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};
  if (std::ranges::find(kTrue, text) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, text) != kFalse.end()) return false;
  throw Error(ErrorCode::kUsage, "true or false is wanted");
}

std::int64_t parse_integer(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  bool has_prefix = false;
  const int base = take_base(rest, has_prefix);
  std::string digits;
  char before = has_prefix ? '0' : '_';
  for (const char c : rest) {
    // An underscore has a digit on both sides, or the prefix in front.
    if (c == '_' && (!has_prefix || before == '_')) throw_no_integer();
    if (c != '_') digits += c;
    before = c;
  }
  if (before == '_') throw_no_integer();
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool too_large = value > kMost + (negative ? 1 : 0);
  if (error != std::errc{} || stop != end || too_large) throw_no_integer();
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

}  // namespace snapfs
