// JSON text byte for byte (FORMAT §9).
#include "fs/format/json_writer.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

struct Case {
  std::string_view input;
  std::string_view output;
};

TEST(JsonString, EscapesWhatTheFormatEscapes) {
  using namespace std::string_view_literals;
  const Case cases[] = {
      {"", R"("")"},
      {"plain /'~", R"("plain /'~")"},
      {"\"", R"("\"")"},
      {"\\", R"("\\")"},
      {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {"\x01\v\x1b\x1f", R"("\u0001\u000b\u001b\u001f")"},
      {"\0"sv, R"("\u0000")"},
      {"<a>&b", R"("\u003ca\u003e\u0026b")"},
      {"\u2028x\u2029", R"("\u2028x\u2029")"},
      {"\u2027\u202a", "\"\u2027\u202a\""},
      {"\x7f", "\"\x7f\""},
      {"\u00fc\u20ac\U0001f600\ufffd", "\"\u00fc\u20ac\U0001f600\ufffd\""},
  };
  for (const Case& c : cases) EXPECT_EQ(quoted(c.input), c.output);
}

TEST(JsonString, ReplacesEveryInvalidByteSeparately) {
  const Case cases[] = {
      {"a\xff\xc3", R"("a\ufffd\ufffd")"},
      {"\xed\xa0\x80z", R"("\ufffd\ufffd\ufffdz")"},  // a surrogate
      {"\xc0\xaf", R"("\ufffd\ufffd")"},              // overlong
      {"\xe0\x80\xaf", R"("\ufffd\ufffd\ufffd")"},
      {"\xf0\x80\x80\xaf", R"("\ufffd\ufffd\ufffd\ufffd")"},
      {"\xf4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},  // above U+10FFFF
      {"\x80x\xbf", R"("\ufffdx\ufffd")"},
      {"\xe2\x82", R"("\ufffd\ufffd")"},  // cut off
      {"\xe2\x82<", R"("\ufffd\ufffd\u003c")"},
      {"\xfe", R"("\ufffd")"},
  };
  for (const Case& c : cases) EXPECT_EQ(quoted(c.input), c.output);
}

TEST(JsonString, IsAppended) {
  std::string out = "{";
  append_json_string(out, "a\n");
  append_json_string(out, "b");
  EXPECT_EQ(out, R"({"a\n""b")");
}

TEST(JsonNumber, KeepsAllTwentyDigits) {
  std::string out;
  append_json_number(out, 0);
  out += ' ';
  append_json_number(out, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(out, "0 18446744073709551615");
}

}  // namespace
}  // namespace snapfs
