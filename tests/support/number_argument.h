// The numbers that programs for tests are started with.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>

#include "fs/base/error.h"

namespace snapfs::test {

/// Throws Error{kUsage} when all of `text` is not a number.
inline std::uint64_t number_argument(const char* text) {
  std::uint64_t number = 0;
  const char* const end = text + std::strlen(text);
  const auto [stopped, error] = std::from_chars(text, end, number);
  if (error != std::errc() || stopped != end) {
    throw Error(ErrorCode::kUsage, std::string(text) + " is no number");
  }
  return number;
}

}  // namespace snapfs::test
