// A JSON document of a repository, read as leniently as Go's encoding/json reads it (FORMAT §9).
// Every document is read by this, but for two kinds that can be too large to be taken apart as a
// whole: trees (fs/tree/tree_frame.h) and index files (fs/format/index_reader.h). Only sources
// include it, so that simdjson stays out of other headers.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/time/timestamp.h"

namespace snapfs {

/// Owns the parsed document; everything handed out is valid as long as this. Text that is not UTF-8
/// and surrogates without a partner are read as U+FFFD. All functions throw Error{kDamaged}, naming
/// `what`, when something is not as they want it; the constructor throws what throw_json_error
/// does.
class JsonInput {
 public:
  using Element = simdjson::dom::element;
  using Object = simdjson::dom::object;
  using Array = simdjson::dom::array;

  /// `what` is how messages call the document, such as "snapshot 1a2b3c4d".
  JsonInput(ByteView json, std::string_view what);

  Element root() const noexcept { return root_; }

  /// `key` is for the message.
  Object object(const Element& value, std::string_view key) const;
  Array array(const Element& value, std::string_view key) const;
  std::string_view text(const Element& value, std::string_view key) const;
  std::uint64_t number(const Element& value, std::string_view key) const;
  std::uint32_t number32(const Element& value, std::string_view key) const;
  Id id(const Element& value, std::string_view key) const;
  ZonedTime time(const Element& value, std::string_view key) const;
  Bytes base64(const Element& value, std::string_view key) const;

  /// Throws Error{kDamaged}: "<what> is damaged: <reason>".
  [[noreturn]] void fail(std::string_view reason) const;

  /// Throws Error{kUnsupported}: "<what>: <reason>".
  [[noreturn]] void refuse(std::string_view reason) const;

 private:
  simdjson::error_code parse(ByteView json, std::size_t max_depth);
  [[noreturn]] void fail_field(std::string_view key, std::string_view wanted) const;

  std::string what_;
  simdjson::dom::parser parser_;
  Element root_;
};

/// Whether the text begins with a byte order mark. Go takes that for damage, and newer versions of
/// simdjson (3.12, not 3.0) pass over it: to be asked before they are given the text.
bool has_byte_order_mark(std::string_view text) noexcept;

/// `json` with every byte that is not valid UTF-8 and every lone surrogate escape replaced by
/// U+FFFD.
std::string replace_invalid_text(std::string_view json);

}  // namespace snapfs
