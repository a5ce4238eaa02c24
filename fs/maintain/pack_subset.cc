#include "fs/maintain/pack_subset.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "fs/base/ascii_case.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr unsigned kMaxGroups = 256;  // a group is told by a pack ID's first byte

[[noreturn]] void refuse(std::string_view text, std::string_view reason) {
  throw Error(ErrorCode::kUsage, fmt::format("\"{}\" is no part of the packs: {}", text, reason),
              std::string(text));
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

/// The power of 1024 that a size's last letter stands for; none for another character.
std::optional<unsigned> power_of_unit(char unit) noexcept {
  constexpr std::string_view kUnits = "bkmgt";
  const std::size_t power = kUnits.find(ascii_lower(unit));
  if (power == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(power);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto power = power_of_unit(text.back());
  if (!power) return std::nullopt;  // a bare number is a slip for a percentage more often than not
  text.remove_suffix(1);
  const auto number = parse_number<std::uint64_t>(text);
  if (!number || *number > UINT64_MAX >> (10 * *power)) return std::nullopt;
  return *number << (10 * *power);
}

std::uint64_t total_bytes(const std::vector<FileInfo>& packs) {
  std::uint64_t total = 0;
  for (const FileInfo& pack : packs) total += pack.size;
  return total;
}

/// Leaves that share of the packs, picked at random, at least one.
void keep_share(std::vector<FileInfo>& packs, double share,
                const std::function<std::uint32_t(std::uint32_t)>& random_below) {
  if (packs.empty()) return;
  const double wanted = static_cast<double>(packs.size()) * std::min(share, 1.0);
  const std::size_t count = std::max<std::size_t>(1, static_cast<std::size_t>(wanted));
  for (std::size_t i = 0; i < count; ++i) {
    const auto left = static_cast<std::uint32_t>(packs.size() - i);
    std::swap(packs[i], packs[i + random_below(left)]);
  }
  packs.resize(count);
}

}  // namespace

PackSubset PackSubset::parse(std::string_view text) {
  PackSubset subset;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const auto number = parse_number<unsigned>(text.substr(0, slash));
    const auto groups = parse_number<unsigned>(text.substr(slash + 1));
    if (!number || !groups || *number == 0 || *number > *groups) {
      refuse(text, "give n/t with 1 <= n <= t, such as 1/5");
    }
    if (*groups > kMaxGroups) refuse(text, fmt::format("there are at most {} groups", kMaxGroups));
    subset.choice_ = Group{*number, *groups};
  } else if (text.ends_with('%')) {
    const auto percent = parse_number<double>(text.substr(0, text.size() - 1));
    if (!percent || !(*percent > 0 && *percent <= 100)) {
      refuse(text, "a percentage is above 0 and at most 100");
    }
    subset.choice_ = Share{*percent};
  } else {
    const auto bytes = parse_bytes(text);
    if (!bytes) refuse(text, "give n/t (1/5), a percentage (2.5%) or a size with its unit (500M)");
    if (*bytes == 0) refuse(text, "the size must be above 0");
    subset.choice_ = Size{*bytes};
  }
  return subset;
}

std::vector<FileInfo> PackSubset::choose(
    std::vector<FileInfo> packs,
    const std::function<std::uint32_t(std::uint32_t)>& random_below) const {
  if (const auto* group = std::get_if<Group>(&choice_)) {
    std::erase_if(packs, [group](const FileInfo& pack) {
      return pack.id.bytes[0] % group->groups != group->number - 1;
    });
  } else if (const auto* share = std::get_if<Share>(&choice_)) {
    if (share->percent < 100) keep_share(packs, share->percent / 100, random_below);
  } else {
    const auto wanted = static_cast<double>(std::get<Size>(choice_).bytes);
    const auto total = static_cast<double>(total_bytes(packs));
    if (wanted < total) keep_share(packs, wanted / total, random_below);
  }
  return packs;
}

}  // namespace snapfs
