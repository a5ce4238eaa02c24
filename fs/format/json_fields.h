// Small JSON objects read with simdjson, errors turned into ours. Private to fs/repo.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "fs/base/bytes.h"

namespace snapfs {

/// One parsed object; it owns the text its strings point into.
class JsonFields {
 public:
  /// Throws Error{kDamaged} saying "<what> is damaged" when `json` is not an object.
  JsonFields(ByteView json, std::string what);

  /// The value of the key: throws Error{kDamaged} when it is absent or of another type. Valid as
  /// long as the object.
  std::string_view text(std::string_view key) const;
  std::uint64_t number(std::string_view key) const;

  /// A default when the key is absent.
  std::uint64_t number_or(std::string_view key, std::uint64_t otherwise) const;
  std::string_view text_or(std::string_view key, std::string_view otherwise) const;
  bool flag_or(std::string_view key, bool otherwise) const;

  /// Decodes a base64 string.
  Bytes base64(std::string_view key) const;

  [[noreturn]] void fail(std::string_view reason) const;

 private:
  simdjson::simdjson_result<simdjson::dom::element> find(std::string_view key) const;
  bool has(std::string_view key) const;

  std::string what_;
  simdjson::dom::parser parser_;
  simdjson::dom::object object_;
};

}  // namespace snapfs
