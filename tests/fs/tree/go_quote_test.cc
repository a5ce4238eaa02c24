// Names quoted as Go quotes them, and which code points that leaves alone (FORMAT §10.5, App. B).
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fs/base/utf8.h"
#include "fs/crypto/sha256.h"
#include "fs/tree/node_json.h"
#include "fs/tree/printable.h"

namespace snapfs {
namespace {

using namespace std::string_view_literals;

std::string go_quoted(std::string_view name) {
  std::string out;
  append_go_quoted(out, name);
  return out;
}

TEST(PrintableRanges, AreThoseOfTheFormat) {
  std::string list;
  for (const RuneRange& range : printable_ranges()) {
    if (!list.empty()) list += ' ';
    list += fmt::format("{:x}", static_cast<std::uint32_t>(range.first));
    if (range.last == range.first) continue;
    list += fmt::format("-{:x}", static_cast<std::uint32_t>(range.last));
  }
  EXPECT_EQ(printable_ranges().size(), 711U);
  EXPECT_EQ(sha256(as_bytes(list)).hex(),
            "62b4a55218a92fc1fc3a24ab9c5448c0ecc8ffac0a4fdb313b19524773e70a84");
}

TEST(PrintableRanges, AreFoundAtEveryEnd) {
  char32_t previous = 0;
  for (const RuneRange& range : printable_ranges()) {
    ASSERT_LT(previous, range.first);
    ASSERT_LE(range.first, range.last);
    EXPECT_TRUE(is_printable(range.first));
    EXPECT_TRUE(is_printable(range.last));
    EXPECT_FALSE(is_printable(range.first - 1));
    EXPECT_FALSE(is_printable(range.last + 1));
    previous = range.last + 1;
  }
  EXPECT_FALSE(is_printable(0));
  EXPECT_FALSE(is_printable(0x10ffff));
}

struct Case {
  std::string_view name;
  std::string_view quoted;
};

const Case kCases[] = {
    {"", ""},
    {"plain name", "plain name"},
    {"q\"uote", R"(q\"uote)"},
    {"back\\slash", R"(back\\slash)"},
    {"it's", "it's"},
    {"bad\xff\xc3", R"(bad\xff\xc3)"},
    {"\a\b\f\n\r\t\v", R"(\a\b\f\n\r\t\v)"},
    {"\x01\x1b\x7f", R"(\x01\x1b\x7f)"},
    {"\0"sv, R"(\x00)"},
    {"\u00a0", R"(\u00a0)"},
    {"\u00ad", R"(\u00ad)"},
    {"\u200d", R"(\u200d)"},
    {"\u2028", R"(\u2028)"},
    {"\ue000", R"(\ue000)"},
    {"\U000e0000", R"(\U000e0000)"},
    {"\U0010ffff", R"(\U0010ffff)"},
    {"\xed\xa0\x80", R"(\xed\xa0\x80)"},
    {"\xc0\xaf", R"(\xc0\xaf)"},
    {"lt<gt>amp&", "lt<gt>amp&"},
    {"\u00fcml\u00e4ut \U0001f600 \ufffd", "\u00fcml\u00e4ut \U0001f600 \ufffd"},
    {"\u0378", R"(\u0378)"},          // unassigned
    {"\U0001e4ff", R"(\U0001e4ff)"},  // assigned after Unicode 15.0, if ever
};

TEST(GoQuote, QuotesNames) {
  for (const Case& c : kCases) EXPECT_EQ(go_quoted(c.name), c.quoted);
}

TEST(GoQuote, IsUndone) {
  for (const Case& c : kCases) EXPECT_EQ(unquote_go(c.quoted), std::string(c.name)) << c.quoted;
}

TEST(GoQuote, IsUndoneForEveryByteAndManyCodePoints) {
  for (int value = 0; value < 256; ++value) {
    const std::string name = {'a', static_cast<char>(value), 'b'};
    EXPECT_EQ(unquote_go(go_quoted(name)), name) << value;
  }
  for (char32_t code = 0x80; code < 0x110000; code += 97) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const std::string name = unquote_go(fmt::format("\\U{:08x}", std::uint32_t{code})).value();
    const Rune rune = decode_rune(name);
    ASSERT_TRUE(rune.valid && rune.code_point == code && rune.size == name.size());
    EXPECT_EQ(unquote_go(go_quoted(name)), name);
  }
}

TEST(GoUnquote, KnowsEscapesThatAreNeverWritten) {
  EXPECT_EQ(unquote_go(R"(\101\377\000)"), "A\xff\0"sv);
  EXPECT_EQ(unquote_go(R"(\xFF\u00E4\U0001F600)"), "\xff\u00e4\U0001f600");
  EXPECT_EQ(unquote_go("\xff"), "\xff");
}

TEST(GoUnquote, RefusesOtherText) {
  for (const std::string_view text :
       {R"(")"sv,          R"(a"b)"sv,        "a\nb"sv,      R"(\)"sv,      R"(a\)"sv,
        R"(\')"sv,         R"(\q)"sv,         R"(\x)"sv,     R"(\x1)"sv,    R"(\xg0)"sv,
        R"(\x-1)"sv,       R"(\u12)"sv,       R"(\u+123)"sv, R"(\ud800)"sv, R"(\udfff)"sv,
        R"(\U00110000)"sv, R"(\Uffffffff)"sv, R"(\U0001)"sv, R"(\400)"sv,   R"(\08)"sv,
        R"(\18)"sv,        R"(\8)"sv,         R"(\ 11)"sv}) {
    EXPECT_FALSE(unquote_go(text)) << text;
  }
}

}  // namespace
}  // namespace snapfs
