// JSON objects for --json output, put together member by member.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snapfs {

/// Members appear in the order they are added. Not thread-safe.
class JsonObject {
 public:
  JsonObject& text(std::string_view key, std::string_view value);
  JsonObject& number(std::string_view key, std::uint64_t value);
  JsonObject& real(std::string_view key, double value);
  JsonObject& texts(std::string_view key, const std::vector<std::string>& values);

  /// `value` is JSON already.
  JsonObject& raw(std::string_view key, std::string_view value);

  /// `members` are one or more members, without braces.
  JsonObject& members(std::string_view members);

  /// The object on one line, without a newline. The builder is empty afterwards.
  std::string finish();

 private:
  void start(std::string_view key);

  std::string json_;
};

}  // namespace snapfs
