// Switches and numbers as Go's strconv reads them.
#include "cli/grammar/go_value.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

TEST(GoValue, Booleans) {
  for (const char* text : {"1", "t", "T", "TRUE", "true", "True"}) {
    EXPECT_TRUE(parse_boolean(text)) << text;
  }
  for (const char* text : {"0", "f", "F", "FALSE", "false", "False"}) {
    EXPECT_FALSE(parse_boolean(text)) << text;
  }
  for (const char* text : {"", "yes", "tRUE", "2", " true", "no"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, [&] { parse_boolean(text); })) << text;
  }
}

TEST(GoValue, Integers) {
  const struct {
    const char* text;
    std::int64_t value;
  } cases[] = {{"0", 0},
               {"7", 7},
               {"+7", 7},
               {"-7", -7},
               {"0x1F", 31},
               {"-0X1f", -31},
               {"0b101", 5},
               {"0o17", 15},
               {"017", 15},
               {"0_7", 7},
               {"0x_1_f", 31},
               {"00", 0},
               {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
               {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()}};
  for (const auto& [text, value] : cases) EXPECT_EQ(parse_integer(text), value) << text;
  for (const char* text : {"",
                           "x",
                           "-",
                           "+",
                           "--1",
                           "1x",
                           " 1",
                           "1 ",
                           "1_000",
                           "_1",
                           "0x",
                           "0x_",
                           "0b2",
                           "08",
                           "0__7",
                           "0_7_",
                           "1.5",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "99999999999999999999999"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, [&] { parse_integer(text); })) << text;
  }
}

}  // namespace
}  // namespace snapfs
