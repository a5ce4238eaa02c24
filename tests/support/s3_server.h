// A real object store for tests, if the environment names one. Only a header, so that any test can
// include it.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/http/curl_client.h"
#include "fs/backend/s3/s3_backend.h"
#include "fs/backend/s3/s3_location.h"

namespace snapfs::test {

/// What stands behind "s3:" in SNAPFS_TEST_S3.
inline std::optional<std::string> s3_server() {
  const char* const location = std::getenv("SNAPFS_TEST_S3");
  if (location == nullptr || !std::string_view(location).starts_with("s3:")) return std::nullopt;
  return location + 3;
}

/// A repository of its own on s3_server(), below a path that nobody else has.
inline std::unique_ptr<S3Backend> open_s3_server(S3Options options = {}) {
  static std::atomic<int> count{0};
  static const SystemClock clock;
  const std::string place = fmt::format("{}/{}-{}", s3_server().value(), ::getpid(), ++count);
  const auto variable = [](std::string_view name) -> std::optional<std::string> {
    const char* const value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
  return std::make_unique<S3Backend>(std::make_unique<CurlClient>(CurlClientOptions{}),
                                     S3Location::parse(place), std::move(options), variable, clock);
}

}  // namespace snapfs::test
