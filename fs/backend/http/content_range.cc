#include "fs/backend/http/content_range.h"

#include <charconv>
#include <utility>

namespace snapfs {
namespace {

/// Takes a number off the beginning of `text`, and `behind` after it.
std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view behind) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(behind)) return std::nullopt;
  text.remove_prefix(behind.size());
  return number;
}

}  // namespace

std::optional<ContentRange> ContentRange::parse(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const std::optional<std::uint64_t> first = take_number(text, "-");
  if (!first) return std::nullopt;
  const std::optional<std::uint64_t> last = take_number(text, "/");
  if (!last || *last < *first || *last == UINT64_MAX) return std::nullopt;
  if (text == "*") return ContentRange{*first, *last, std::nullopt};
  const std::optional<std::uint64_t> whole = take_number(text, "");
  if (!whole || !text.empty() || *whole <= *last) return std::nullopt;
  return ContentRange{*first, *last, whole};
}

bool is_whole_file(const HttpResponse& answer) {
  if (answer.status == 200) return true;
  const auto said = ContentRange::parse(answer.header("content-range").value_or(""));
  return answer.status == 206 && said && said->first == 0 && said->length() == answer.body.size() &&
         said->whole.value_or(said->length()) == said->length();
}

std::optional<Bytes> part_in(HttpResponse answer, std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t there = answer.body.size();
  if (answer.status == 200) {
    if (offset > there || length > there - offset) return std::nullopt;
    if (offset == 0 && length == there) return std::move(answer.body);
    return copy_of(ByteView(answer.body).subspan(offset, length));
  }
  if (answer.status != 206) return std::nullopt;
  const auto said = ContentRange::parse(answer.header("content-range").value_or(""));
  if (!said || said->first != offset || said->length() != length || there != length) {
    return std::nullopt;
  }
  return std::move(answer.body);
}

}  // namespace snapfs
