#include "fs/format/json_fields.h"

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/crypto/base64.h"
#include "fs/format/json_error.h"
#include "fs/format/json_member.h"

namespace snapfs {

JsonFields::JsonFields(ByteView json, std::string what) : what_(std::move(what)) {
  if (json.empty()) fail("it is empty");  // the parser would copy from nowhere
  const simdjson::error_code error = parser_.parse(json.data(), json.size()).get(object_);
  if (error == simdjson::SUCCESS) return;
  if (error == simdjson::INCORRECT_TYPE) fail("it is not a JSON object");
  throw_json_error(error, what_);
}

void JsonFields::fail(std::string_view reason) const {
  throw Error(ErrorCode::kDamaged, fmt::format("{} is damaged: {}", what_, reason));
}

/// Of several the last one counts, and one that is null is as if it were not there, as in Go.
simdjson::simdjson_result<simdjson::dom::element> JsonFields::find(std::string_view key) const {
  std::optional<simdjson::dom::element> found;
  const MemberName folded(key);
  const std::string_view wanted = folded;
  for (const auto field : object_) {
    if (!field.value.is_null() && MemberName(field.key) == wanted) found = field.value;
  }
  if (!found) return simdjson::NO_SUCH_FIELD;
  return *std::move(found);
}

bool JsonFields::has(std::string_view key) const { return find(key).error() == simdjson::SUCCESS; }

std::string_view JsonFields::text(std::string_view key) const {
  std::string_view value;
  if (find(key).get(value) != simdjson::SUCCESS) {
    fail(fmt::format("'{}' is missing or not text", key));
  }
  return value;
}

std::uint64_t JsonFields::number(std::string_view key) const {
  std::uint64_t value = 0;
  if (find(key).get(value) != simdjson::SUCCESS) {
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
  if (find(key).get(value) != simdjson::SUCCESS) {
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
