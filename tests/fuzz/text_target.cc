// Text as the formats write it: whatever bytes are written are read as what they were, and whatever
// text is read is written so that it is read again.
#include <string>

#include "fs/base/hex.h"
#include "fs/base/shell_word.h"
#include "fs/base/utf8.h"
#include "fs/crypto/base64.h"
#include "fs/format/json_fields.h"
#include "fs/format/json_writer.h"
#include "fs/process/child_process.h"
#include "fs/tree/node_json.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

void try_quoting(std::string_view text) {
  std::string quoted;
  append_go_quoted(quoted, text);
  require(unquote_go(quoted) == text, "what is quoted is unquoted to the same");
  require(is_valid_utf8(quoted), "what is quoted is UTF-8");
  if (const auto raw = unquote_go(text)) {
    std::string again;
    append_go_quoted(again, *raw);
    require(unquote_go(again) == raw, "what is unquoted is quoted so that it is read again");
  }
}

void try_json(std::string_view text) {
  std::string json = "{\"a\":";
  append_json_string(json, text);
  json += '}';
  require(is_valid_utf8(json), "what is written is UTF-8");
  const JsonFields fields(as_bytes(json), "the text");
  if (is_valid_utf8(text)) require(fields.text("a") == text, "UTF-8 is read as what was written");
  const std::string valid = replace_invalid_text(text);
  require(is_valid_utf8(valid), "what is replaced is UTF-8");
  require(replace_invalid_text(valid) == valid, "what is replaced needs no more of it");
}

void try_codings(std::string_view text) {
  const ByteView bytes = as_bytes(text);
  std::string base64;
  append_base64(base64, bytes);
  const auto decoded = parse_base64(base64);
  require(decoded && as_text(*decoded) == text, "base64 is read as what was written");
  if (const auto other = parse_base64(text)) {
    std::string again;
    append_base64(again, *other);
    require(parse_base64(again) == other,
            "base64 that is read is written so that it is read again");
  }
  Bytes raw(text.size());
  require(parse_hex(to_hex(bytes), raw) && as_text(raw) == text, "hex is read as what was written");
  raw.resize(text.size() / 2);
  (void)parse_hex(text, raw);
}

void try_words(std::string_view text) {
  const std::string beginning = whole_beginning(text, text.size() / 2);
  require(text.starts_with(beginning) && beginning.size() <= text.size() / 2,
          "a beginning is one, and not longer");
  (void)trim_white_space(text);
  if (text.find('\0') != std::string_view::npos) return;
  const auto words =
      accepted({ErrorCode::kUsage}, [&] { return split_command(shell_word(text), "the test"); });
  require(words && words->size() == 1 && words->front() == text,
          "a word that is quoted is one word of a command");
  (void)accepted({ErrorCode::kUsage}, [&] { return split_command(std::string(text), "the test"); });
}

}  // namespace

void fuzz_one(ByteView input) {
  const std::string_view text = as_text(input);
  try_quoting(text);
  try_json(text);
  try_codings(text);
  try_words(text);
}

std::vector<std::string> fuzz_seeds() {
  return {"plain",
          "with \"quotes\" and \\ and '",
          std::string("\0\1\x7f\x80\xff", 5),
          "\xc3\xa4\xe2\x80\xa8\xf0\x9f\x98\x80",
          "\\x41\\u00e4\\U0001f600\\n\\\"\\101",
          "\\ud800\\udc00 \\ud800",
          "QUJD",
          "QQ==",
          "deadBEEF",
          "\xed\xa0\x80\xc0\x80",
          "rclone serve 'a b' \"c d\" e\\ f"};
}

}  // namespace snapfs::test
