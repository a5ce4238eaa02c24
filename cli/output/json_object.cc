#include "cli/output/json_object.h"

#include <fmt/format.h>

#include "fs/format/json_writer.h"

namespace snapfs {

JsonObject& JsonObject::text(std::string_view key, std::string_view value) {
  start(key);
  append_json_string(json_, value);
  return *this;
}

JsonObject& JsonObject::number(std::string_view key, std::uint64_t value) {
  start(key);
  append_json_number(json_, value);
  return *this;
}

JsonObject& JsonObject::real(std::string_view key, double value) {
  start(key);
  json_ += fmt::format("{}", value);
  return *this;
}

JsonObject& JsonObject::texts(std::string_view key, const std::vector<std::string>& values) {
  start(key);
  json_ += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) json_ += ',';
    append_json_string(json_, values[i]);
  }
  json_ += ']';
  return *this;
}

JsonObject& JsonObject::raw(std::string_view key, std::string_view value) {
  start(key);
  json_ += value;
  return *this;
}

JsonObject& JsonObject::members(std::string_view members) {
  if (!json_.empty()) json_ += ',';
  json_ += members;
  return *this;
}

std::string JsonObject::finish() { return '{' + std::exchange(json_, {}) + '}'; }

void JsonObject::start(std::string_view key) {
  if (!json_.empty()) json_ += ',';
  append_json_string(json_, key);
  json_ += ':';
}

}  // namespace snapfs
