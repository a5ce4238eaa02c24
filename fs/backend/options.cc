#include "fs/backend/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

struct Digits {
  std::string_view digits;
  int base = 10;
};

/// As Go reads numbers: "0x10", "0b10", "0o10" and "010" are not in tens.
Digits digits_of(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return {text};
  switch (text[1]) {
    case 'x':
    case 'X':
      return {text.substr(2), 16};
    case 'b':
    case 'B':
      return {text.substr(2), 2};
    case 'o':
    case 'O':
      return {text.substr(2), 8};
    default:
      return {text.substr(1), 8};
  }
}

}  // namespace

BackendOptions::BackendOptions(std::string_view scheme,
                               const std::map<std::string, std::string>& all)
    : scheme_(scheme) {
  const std::string prefix = scheme_ + ".";
  for (const auto& [key, value] : all) {
    if (key.starts_with(prefix)) values_.emplace(key.substr(prefix.size()), value);
  }
}

std::optional<std::string> BackendOptions::take(std::string_view name) {
  const auto node = values_.extract(std::string(name));
  if (node.empty()) return std::nullopt;
  return node.mapped();
}

unsigned BackendOptions::take_count(std::string_view name, unsigned otherwise) {
  const std::optional<std::string> text = take(name);
  if (!text) return otherwise;
  unsigned count = 0;
  const auto [digits, base] = digits_of(*text);
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, count, base);
  if (error != std::errc{} || stopped != end) {
    throw Error(ErrorCode::kUsage, fmt::format("--option {}.{}: \"{}\" is no number of connections",
                                               scheme_, name, *text));
  }
  return count == 0 ? otherwise : count;
}

bool BackendOptions::take_flag(std::string_view name) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "false", "FALSE", "False"};
  const std::optional<std::string> text = take(name);
  if (!text || std::ranges::find(kFalse, *text) != kFalse.end()) return false;
  if (std::ranges::find(kTrue, *text) != kTrue.end()) return true;
  throw Error(ErrorCode::kUsage, fmt::format("--option {}.{}: \"{}\" is neither true nor false",
                                             scheme_, name, *text));
}

void BackendOptions::finish() const {
  if (values_.empty()) return;
  throw Error(ErrorCode::kUsage,
              fmt::format("there is no option {}.{}: \"snapfs options\" lists what there is",
                          scheme_, values_.begin()->first));
}

}  // namespace snapfs
