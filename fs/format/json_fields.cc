#include "fs/format/json_fields.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fs/crypto/base64.h"
#include "fs/format/json_member.h"
#include "fs/format/json_writer.h"

namespace snapfs {

JsonFields::JsonFields(ByteView json, std::string_view what)
    : input_(std::make_shared<const JsonInput>(json, what)) {
  if (input_->root().get(object_) != simdjson::SUCCESS) fail("it is not a JSON object");
}

/// Of several the last one counts, and one that is null is as if it were not there, as in Go.
std::optional<JsonInput::Element> JsonFields::find(std::string_view key) const {
  std::optional<JsonInput::Element> found;
  const MemberName folded(key);
  const std::string_view wanted = folded;
  for (const auto field : object_) {
    if (!field.value.is_null() && MemberName(field.key) == wanted) found = field.value;
  }
  return found;
}

template <class T>
T JsonFields::get(std::string_view key, std::string_view wanted) const {
  T value{};
  const std::optional<JsonInput::Element> found = find(key);
  if (!found || found->get(value) != simdjson::SUCCESS) {
    fail(fmt::format("'{}' is missing or not {}", key, wanted));
  }
  return value;
}

JsonFields JsonFields::object(std::string_view key) const {
  return {input_, get<JsonInput::Object>(key, "an object")};
}

std::string_view JsonFields::text(std::string_view key) const {
  return get<std::string_view>(key, "text");
}

std::uint64_t JsonFields::number(std::string_view key) const {
  return get<std::uint64_t>(key, "a whole number");
}

std::uint64_t JsonFields::number_or(std::string_view key, std::uint64_t otherwise) const {
  return find(key) ? number(key) : otherwise;
}

std::string_view JsonFields::text_or(std::string_view key, std::string_view otherwise) const {
  return find(key) ? text(key) : otherwise;
}

bool JsonFields::flag_or(std::string_view key, bool otherwise) const {
  return find(key) ? get<bool>(key, "true or false") : otherwise;
}

std::string JsonFields::others(std::initializer_list<std::string_view> known) const {
  std::string text;
  for (const auto field : object_) {
    const MemberName name(field.key);
    if (std::find(known.begin(), known.end(), std::string_view(name)) != known.end()) continue;
    if (!text.empty()) text += ',';
    append_json_string(text, field.key);
    text += ':';
    text += simdjson::minify(field.value);
  }
  return text;
}

Bytes JsonFields::base64(std::string_view key) const {
  std::optional<Bytes> bytes = parse_base64(text(key));
  if (!bytes) fail(fmt::format("'{}' is not base64", key));
  return *std::move(bytes);
}

}  // namespace snapfs
