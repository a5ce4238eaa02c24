// Passwords in files: byte order marks and white space (FORMAT §3).
#include "cli/session/password_text.h"

#include <string>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

using std::string_literals::operator""s;

std::string from_file(const std::string& content) {
  return std::string(as_text(password_from_file_bytes(as_bytes(content)).view()));
}

TEST(PasswordFromFile, DropsWhiteSpaceAroundOnly) {
  EXPECT_EQ(from_file(" \t pass word \r\n\n"), "pass word");
  EXPECT_EQ(from_file("secret"), "secret");
  EXPECT_EQ(from_file(" \n"), "");
  EXPECT_EQ(from_file(""), "");
}

TEST(PasswordFromFile, DropsUnicodeWhiteSpaceToo) {
  EXPECT_EQ(from_file("\u00a0\u2003secret\u3000\u0085"), "secret");
  EXPECT_EQ(from_file("secret\u200b"), "secret\u200b");  // zero width space is no white space
}

TEST(PasswordFromFile, KeepsBytesThatAreNoText) {
  EXPECT_EQ(from_file("\xff\xa0 \x80"), "\xff\xa0 \x80");
  EXPECT_EQ(from_file("\xa0secret\xa0"), "\xa0secret\xa0");  // Latin-1's, not UTF-8's
}

TEST(PasswordFromFile, DropsTheUtf8Mark) { EXPECT_EQ(from_file("\xef\xbb\xbfsecret\n"), "secret"); }

TEST(PasswordFromFile, ConvertsUtf16OfEitherOrder) {
  EXPECT_EQ(from_file("\xff\xfes\0e\0\n\0"s), "se");
  EXPECT_EQ(from_file("\xfe\xff\0s\0\xe9\0\n"s), "s\u00e9");
  EXPECT_EQ(from_file("\xff\xfe\xac\x20"s), "\u20ac");
}

TEST(PasswordFromFile, JoinsSurrogatePairs) {
  EXPECT_EQ(from_file("\xfe\xff\xd8\x3d\xde\x00"s), "\U0001F600");
}

TEST(PasswordFromFile, ReplacesHalvesOfPairsAndOddBytes) {
  EXPECT_EQ(from_file("\xfe\xff\xd8\x3d\0a"s), "\ufffda");
  EXPECT_EQ(from_file("\xfe\xff\xde\x00\0a"s), "\ufffda");
  EXPECT_EQ(from_file("\xfe\xff\0a\xd8\x3d"s), "a\ufffd");
  EXPECT_EQ(from_file("\xfe\xff\0a\0"s), "a\ufffd");
}

TEST(PasswordFromCommand, DropsWhiteSpaceButNoMark) {
  const std::string output = "\xef\xbb\xbfsecret\n";
  EXPECT_EQ(as_text(password_from_command_output(as_bytes(output)).view()), "\xef\xbb\xbfsecret");
}

}  // namespace
}  // namespace snapfs
