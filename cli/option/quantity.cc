#include "cli/option/quantity.h"

#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
std::string format_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.3f} {}", value, kUnits[unit]);
}

std::uint64_t parse_size(std::string_view text) {
  constexpr std::string_view kUnits = "bkmgt";
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::string_view digits = text;
  std::uint64_t unit = 1;
  if (!digits.empty()) {
    const char last = static_cast<char>(digits.back() | 0x20);  // lower case, for a letter
    const std::size_t power = kUnits.find(last);
    if (power != std::string_view::npos) {
      unit = std::uint64_t{1} << (10 * power);
      digits.remove_suffix(1);
    }
  }
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stop != end || value > kMost / unit) {
    throw Error(ErrorCode::kUsage,
                fmt::format("\"{}\" is no size: write a number of bytes, or one with k, M, G or T "
                            "behind it, such as 100M",
                            text));
  }
  return value * unit;
}

}  // namespace snapfs
