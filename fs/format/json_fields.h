// The members of a small JSON object by their names.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fs/base/bytes.h"
#include "fs/format/json_input.h"

namespace snapfs {

/// One object of a document; keeps the document.
class JsonFields {
 public:
  /// Throws what JsonInput throws; Error{kDamaged}, too, when the document is not an object.
  JsonFields(ByteView json, std::string_view what);

  /// The object at the key. Throws Error{kDamaged} when there is none.
  JsonFields object(std::string_view key) const;

  /// The value of the key: throws Error{kDamaged} when it is absent or of another type. Valid as
  /// long as the object.
  std::string_view text(std::string_view key) const;
  std::uint64_t number(std::string_view key) const;

  /// A default when the key is absent.
  std::uint64_t number_or(std::string_view key, std::uint64_t otherwise) const;
  std::string_view text_or(std::string_view key, std::string_view otherwise) const;
  bool flag_or(std::string_view key, bool otherwise) const;

  /// The members of other names than these, in lower case, as they stand in an object, without its
  /// braces: empty when there are none.
  std::string others(std::initializer_list<std::string_view> known) const;

  /// Decodes a base64 string.
  Bytes base64(std::string_view key) const;

  /// See JsonInput.
  [[noreturn]] void fail(std::string_view reason) const { input_->fail(reason); }

 private:
  JsonFields(std::shared_ptr<const JsonInput> input, JsonInput::Object object)
      : input_(std::move(input)), object_(object) {}

  std::optional<JsonInput::Element> find(std::string_view key) const;

  /// The value of the key. Throws Error{kDamaged} when it is absent or no `wanted`.
  template <class T>
  T get(std::string_view key, std::string_view wanted) const;

  std::shared_ptr<const JsonInput> input_;
  JsonInput::Object object_;
};

}  // namespace snapfs
