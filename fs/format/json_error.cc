#include "fs/format/json_error.h"

#include <new>
#include <string>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {

void throw_json_error(simdjson::error_code error, std::string_view what) {
  const std::string_view reason = simdjson::error_message(error);
  switch (error) {
    case simdjson::MEMALLOC:
      throw std::bad_alloc();
    case simdjson::CAPACITY:
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{} is larger than this program can read: {}", what, reason),
                  std::string(what));
    case simdjson::UNINITIALIZED:
    case simdjson::UNSUPPORTED_ARCHITECTURE:
    case simdjson::PARSER_IN_USE:
    case simdjson::UNEXPECTED_ERROR:
      throw Error(ErrorCode::kInternal, fmt::format("{} cannot be read: {}", what, reason),
                  std::string(what));
    default:
      throw_damaged(what, reason);
  }
}

void throw_damaged(std::string_view what, std::string_view reason) {
  throw Error(ErrorCode::kDamaged, fmt::format("{} is damaged: {}", what, reason),
              std::string(what));
}

}  // namespace snapfs
