// Base64 against RFC 4648 §10, both ways, and what must be refused.
#include "fs/crypto/base64.h"

#include <array>
#include <utility>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

std::string encode(ByteView bytes) {
  std::string out = "=";  // appended to, not replaced
  append_base64(out, bytes);
  return out.substr(1);
}

TEST(Base64, GivesTheKnownAnswersBothWays) {
  using Pair = std::pair<std::string_view, std::string_view>;
  for (const auto& [plain, text] :
       {Pair{"", ""}, Pair{"f", "Zg=="}, Pair{"fo", "Zm8="}, Pair{"foo", "Zm9v"},
        Pair{"foob", "Zm9vYg=="}, Pair{"fooba", "Zm9vYmE="}, Pair{"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(encode(as_bytes(plain)), text);
    const auto parsed = parse_base64(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(as_text(*parsed), plain);
  }
}

TEST(Base64, KeepsEveryByteAtEveryLength) {
  Bytes bytes;
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(parse_base64(encode(bytes)), bytes) << i;
    bytes.push_back(static_cast<std::uint8_t>(255 - i));
  }
  // The two digits in which the alphabets differ.
  EXPECT_EQ(encode(std::array<std::uint8_t, 3>{0xfb, 0xff, 0xbf}), "+/+/");
}

TEST(Base64, RefusesWhatIsNot) {
  for (const std::string_view text : {"Z", "Zg", "Zg=", "Zm9vYg", "Zg==Zg==", "Zm9v=", "Zm9v!",
                                      "-_-_", "=", "====", "Zm 9v", "Zm9v\n"}) {
    EXPECT_FALSE(parse_base64(text)) << text;
  }
}

}  // namespace
}  // namespace snapfs
