// simdjson refuses what Go replaces, so text is repaired and parsed again when that may help.
#include "fs/format/json_input.h"

#include <limits>
#include <optional>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/hex.h"
#include "fs/base/utf8.h"
#include "fs/crypto/base64.h"
#include "fs/format/json_error.h"
#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

/// simdjson chooses the code for this processor at its first use. It needs some memory for that,
/// and ends the program when there is none: so it chooses when the program starts.
[[maybe_unused]] const bool implementation_is_chosen =
    !simdjson::get_active_implementation()->name().empty();

/// Documents nest five levels. Fields that we do not know may nest deeper, as deep as Go reads
/// them: what is beyond that is damage to everybody.
constexpr std::size_t kUsualDepth = 64;
constexpr std::size_t kMaxDepth = 10'000;
constexpr std::size_t kUnicodeEscapeBytes = 6;  // \uXXXX

/// The code unit of the \uXXXX escape that `text` begins with, if it begins with one.
std::optional<unsigned> unicode_escape(std::string_view text) noexcept {
  std::uint8_t bytes[2];
  if (!text.starts_with("\\u") || text.size() < kUnicodeEscapeBytes) return std::nullopt;
  if (!parse_hex(text.substr(2, 4), bytes)) return std::nullopt;
  return bytes[0] << 8U | bytes[1];
}

bool is_surrogate(unsigned unit, unsigned first) noexcept {
  return unit >= first && unit < first + 0x400;
}

/// Moves one escape from `json` to `out`; it begins with a backslash.
void move_escape(std::string& out, std::string_view& json) {
  const std::optional<unsigned> unit = unicode_escape(json);
  std::size_t length = json.size() > 1 && static_cast<unsigned char>(json[1]) < 0x80 ? 2 : 1;
  if (unit) length = kUnicodeEscapeBytes;
  const bool high = unit && is_surrogate(*unit, 0xd800);
  const bool low = unit && is_surrogate(*unit, 0xdc00);
  const std::optional<unsigned> next =
      high ? unicode_escape(json.substr(kUnicodeEscapeBytes)) : std::nullopt;
  if (next && is_surrogate(*next, 0xdc00)) {
    length = 2 * kUnicodeEscapeBytes;
    out += json.substr(0, length);
  } else if (high || low) {
    out += "\\ufffd";
  } else {
    out += json.substr(0, length);
  }
  json.remove_prefix(length);
}

}  // namespace

std::string replace_invalid_text(std::string_view json) {
  std::string out;
  out.reserve(json.size() + 16);
  while (!json.empty()) {
    if (json.front() == '\\') {
      move_escape(out, json);
      continue;
    }
    const Rune rune = decode_rune(json);
    out += rune.valid ? json.substr(0, rune.size) : std::string_view("\xef\xbf\xbd");
    json.remove_prefix(rune.size);
  }
  return out;
}

bool has_byte_order_mark(std::string_view text) noexcept {
  return text.starts_with("\xef\xbb\xbf");
}

JsonInput::JsonInput(ByteView json, std::string_view what) : what_(what) {
  if (json.empty()) fail("it is empty");  // the parser would copy from nowhere
  if (has_byte_order_mark(as_text(json))) throw_json_error(simdjson::TAPE_ERROR, what_);
  simdjson::error_code error = parse(json, kUsualDepth);
  if (error == simdjson::DEPTH_ERROR) error = parse(json, kMaxDepth);
  if (error == simdjson::UTF8_ERROR || error == simdjson::STRING_ERROR) {
    const std::string repaired = replace_invalid_text(as_text(json));
    error = parse(as_bytes(repaired), kMaxDepth);
  }
  if (error != simdjson::SUCCESS) throw_json_error(error, what_);
}

simdjson::error_code JsonInput::parse(ByteView json, std::size_t max_depth) {
  const simdjson::error_code error = parser_.allocate(json.size(), max_depth);
  return error != simdjson::SUCCESS ? error : parser_.parse(json.data(), json.size()).get(root_);
}

void JsonInput::fail(std::string_view reason) const { throw_damaged(what_, reason); }

void JsonInput::refuse(std::string_view reason) const {
  throw Error(ErrorCode::kUnsupported, fmt::format("{}: {}", what_, reason));
}

void JsonInput::fail_field(std::string_view key, std::string_view wanted) const {
  fail(fmt::format("\"{}\" is not {}", key, wanted));
}

JsonInput::Object JsonInput::object(const Element& value, std::string_view key) const {
  Object result;
  if (value.get(result) != simdjson::SUCCESS) fail_field(key, "an object");
  return result;
}

JsonInput::Array JsonInput::array(const Element& value, std::string_view key) const {
  Array result;
  if (value.get(result) != simdjson::SUCCESS) fail_field(key, "a list");
  return result;
}

std::string_view JsonInput::text(const Element& value, std::string_view key) const {
  std::string_view result;
  if (value.get(result) != simdjson::SUCCESS) fail_field(key, "text");
  return result;
}

std::uint64_t JsonInput::number(const Element& value, std::string_view key) const {
  std::uint64_t result = 0;
  if (value.get(result) != simdjson::SUCCESS) fail_field(key, "a number in range");
  return result;
}

std::uint32_t JsonInput::number32(const Element& value, std::string_view key) const {
  const std::uint64_t result = number(value, key);
  if (result > std::numeric_limits<std::uint32_t>::max()) fail_field(key, "a number in range");
  return static_cast<std::uint32_t>(result);
}

Id JsonInput::id(const Element& value, std::string_view key) const {
  const std::optional<Id> result = Id::parse(text(value, key));
  if (!result) fail_field(key, "an ID");
  return *result;
}

ZonedTime JsonInput::time(const Element& value, std::string_view key) const {
  const std::optional<ZonedTime> result = parse_rfc3339(text(value, key));
  if (!result) fail_field(key, "a time");
  return *result;
}

Bytes JsonInput::base64(const Element& value, std::string_view key) const {
  std::optional<Bytes> result = parse_base64(text(value, key));
  if (!result) fail_field(key, "base64");
  return *std::move(result);
}

}  // namespace snapfs
