// Text files of users.
#include "cli/process/text_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string decoded(std::string_view content) { return decode_text(as_bytes(content)); }

TEST(TextFile, DropsByteOrderMarksAndReadsUtf16) {
  EXPECT_EQ(decoded("plain \xff"), "plain \xff");
  EXPECT_EQ(decoded("\xef\xbb\xbfx"), "x");
  EXPECT_EQ(decoded(std::string_view("\xff\xfe"
                                     "a\0\xe4\0\n\0",
                                     8)),
            "aä\n");
  EXPECT_EQ(decoded(std::string_view("\xfe\xff"
                                     "\0a\xd8\x3d\xde\0",
                                     8)),
            "a\U0001f600");
  EXPECT_EQ(decoded(std::string_view("\xff\xfe"
                                     "a\0\0",
                                     5)),
            "a\ufffd");
  EXPECT_EQ(decoded(""), "");
}

TEST(TextFile, SplitsAtEitherLineEnd) {
  EXPECT_THAT(split_lines("a\nb\r\n\nc\rd"), ElementsAre("a", "b", "", "c\rd"));
  EXPECT_THAT(split_lines("a\n"), ElementsAre("a"));
  EXPECT_THAT(split_lines("\n"), ElementsAre(""));
  EXPECT_THAT(split_lines(""), IsEmpty());
}

TEST(TextFile, ReadsAFileOfAnySize) {
  const test::TemporaryDirectory directory;
  const std::string text(200'000, 'x');
  EXPECT_EQ(read_file_or_input(directory.write("list", text)), text);
  EXPECT_EQ(read_file_or_input(directory.write("empty", "")), "");
  EXPECT_THROW(read_file_or_input(directory / "missing"), Error);
  EXPECT_THROW(read_file_or_input(directory.path()), Error);
}

}  // namespace
}  // namespace snapfs
