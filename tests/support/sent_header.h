// What a request says in a header. Only a header, so that any test can include it.
#pragma once

#include <string>
#include <string_view>

#include "fs/backend/http/http_client.h"

namespace snapfs::test {

/// The header's value; empty when it was not sent.
inline std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [other, value] : request.headers) {
    if (other == name) return value;
  }
  return "";
}

}  // namespace snapfs::test
