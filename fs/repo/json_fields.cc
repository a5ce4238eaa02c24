#include "fs/repo/json_fields.h"

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/crypto/base64.h"

namespace snapfs {

JsonFields::JsonFields(ByteView json, std::string what) : what_(std::move(what)) {
  if (json.empty()) fail("it is empty");  // the parser would copy from nowhere
  const simdjson::error_code error = parser_.parse(json.data(), json.size()).get(object_);
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  if (error != simdjson::SUCCESS) {
    fail("it is not a JSON object");
  }
}

void JsonFields::fail(std::string_view reason) const {
  throw Error(ErrorCode::kDamaged, fmt::format("{} is damaged: {}", what_, reason));
}

bool JsonFields::has(std::string_view key) const {
  return object_.at_key(key).error() == simdjson::SUCCESS;
}

std::string_view JsonFields::text(std::string_view key) const {
  std::string_view value;
  if (object_.at_key(key).get(value) != simdjson::SUCCESS) {
    fail(fmt::format("'{}' is missing or not text", key));
  }
  return value;
}

std::uint64_t JsonFields::number(std::string_view key) const {
  std::uint64_t value = 0;
  if (object_.at_key(key).get(value) != simdjson::SUCCESS) {
    fail(fmt::format("'{}' is missing or not a whole number", key));
  }
  return value;
}

std::uint64_t JsonFields::number_or(std::string_view key, std::uint64_t otherwise) const {
  return has(key) ? number(key) : otherwise;
}

std::string_view JsonFields::text_or(std::string_view key, std::string_view otherwise) const {
  return has(key) ? text(key) : otherwise;
}

bool JsonFields::flag_or(std::string_view key, bool otherwise) const {
  if (!has(key)) return otherwise;
  bool value = false;
  if (object_.at_key(key).get(value) != simdjson::SUCCESS) {
    fail(fmt::format("'{}' is not true or false", key));
  }
  return value;
}

Bytes JsonFields::base64(std::string_view key) const {
  std::optional<Bytes> bytes = parse_base64(text(key));
  if (!bytes) fail(fmt::format("'{}' is not base64", key));
  return *std::move(bytes);
}

}  // namespace snapfs
