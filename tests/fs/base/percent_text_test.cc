#include "fs/base/percent_text.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(PercentText, EncodesAllButWhatNeverNeedsIt) {
  EXPECT_EQ(percent_encoded("AZaz09-._~", Slashes::kEncoded), "AZaz09-._~");
  EXPECT_EQ(percent_encoded("a/b c+d%e*\xff", Slashes::kKept), "a/b%20c%2Bd%25e%2A%FF");
  EXPECT_EQ(percent_encoded("a/b", Slashes::kEncoded), "a%2Fb");
}

TEST(PercentText, DecodesWhatItEncodes) {
  const std::string text = "a/b c+d%e*\xff";
  EXPECT_EQ(percent_decoded(percent_encoded(text, Slashes::kEncoded)), text);
  EXPECT_EQ(percent_decoded("a%2bb+%20"), "a+b+ ");
  EXPECT_EQ(percent_decoded(""), "");
  for (const char* const wrong : {"%", "a%2", "%zz", "%%41", "%4"}) {
    EXPECT_EQ(percent_decoded(wrong), std::nullopt) << wrong;
  }
}

TEST(PercentText, FindsTheByteAtTheBeginning) {
  EXPECT_EQ(percent_byte("%41bc"), 'A');
  EXPECT_EQ(percent_byte("%fF"), '\xff');
  for (const char* const other : {"", "41b", "%4", "%", "%4g", "a%41"}) {
    EXPECT_EQ(percent_byte(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace snapfs
