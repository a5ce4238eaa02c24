#include "fs/backend/http/content_range.h"

#include <string_view>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(ContentRangeTest, SaysWhichPartOfHowMuch) {
  const auto range = ContentRange::parse("bytes 10-19/100");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 10U);
  EXPECT_EQ(range->length(), 10U);
  EXPECT_EQ(range->whole, 100U);
  const auto open = ContentRange::parse("bytes 0-0/*");
  ASSERT_TRUE(open);
  EXPECT_EQ(open->length(), 1U);
  EXPECT_FALSE(open->whole);
}

TEST(ContentRangeTest, IsNothingElse) {
  for (const std::string_view text :
       {"", "bytes", "bytes ", "bytes */100", "bytes 1-0/2", "bytes 0-1/1", "bytes 0-1", "0-1/2",
        "bytes 0-1/2 ", "bytes -1/2", "bytes 0-/2", "bytes 0-1/", "bytes=0-1/2",
        "bytes 0-18446744073709551615/*", "bytes 0-18446744073709551616/*"}) {
    EXPECT_FALSE(ContentRange::parse(text)) << text;
  }
}

HttpResponse answer(int status, std::string_view range, std::string_view body) {
  HttpResponse response{.status = status};
  if (!range.empty()) response.headers = {{"content-range", std::string(range)}};
  response.body = copy_of(as_bytes(body));
  return response;
}

TEST(ContentRangeTest, APartIsTakenWhenItSaysThatItIsTheOneAskedFor) {
  EXPECT_EQ(part_in(answer(206, "bytes 4-6/9", "efg"), 4, 3), copy_of(as_bytes("efg")));
  for (const HttpResponse& other :
       {answer(206, "", "efg"), answer(206, "bytes 3-5/9", "efg"), answer(206, "bytes 4-6/9", "ef"),
        answer(206, "bytes 4-7/9", "efg"), answer(204, "bytes 4-6/9", "efg"),
        answer(200, "", "abcdef"), answer(416, "bytes 4-6/9", "efg")}) {
    EXPECT_EQ(part_in(other, 4, 3), std::nullopt);
  }
}

TEST(ContentRangeTest, APartIsTakenOutOfAWholeFile) {
  EXPECT_EQ(part_in(answer(200, "", "abcdefghi"), 4, 3), copy_of(as_bytes("efg")));
  EXPECT_EQ(part_in(answer(200, "", "abc"), 0, 3), copy_of(as_bytes("abc")));
  EXPECT_EQ(part_in(answer(200, "", "abc"), UINT64_MAX, 3), std::nullopt);
  EXPECT_EQ(part_in(answer(200, "", "abc"), 1, UINT64_MAX), std::nullopt);
}

TEST(ContentRangeTest, AWholeFileIsAllThatThereIs) {
  EXPECT_TRUE(is_whole_file(answer(200, "", "abc")));
  EXPECT_TRUE(is_whole_file(answer(206, "bytes 0-2/3", "abc")));
  EXPECT_TRUE(is_whole_file(answer(206, "bytes 0-2/*", "abc")));
  EXPECT_FALSE(is_whole_file(answer(206, "bytes 0-2/4", "abc")));
  EXPECT_FALSE(is_whole_file(answer(206, "", "abc")));
  EXPECT_FALSE(is_whole_file(answer(204, "", "")));
}

}  // namespace
}  // namespace snapfs
