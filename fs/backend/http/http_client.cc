#include "fs/backend/http/http_client.h"

#include <algorithm>
#include <charconv>

namespace snapfs {

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &HttpHeader::first);
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

std::optional<std::uint64_t> HttpResponse::content_length() const {
  const std::string_view text = header("content-length").value_or(std::string_view());
  std::uint64_t length = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, length);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return length;
}

}  // namespace snapfs
