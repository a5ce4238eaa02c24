#include "fs/backend/http/http_client.h"

#include <algorithm>

namespace snapfs {

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &HttpHeader::first);
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

}  // namespace snapfs
