// What -o sets, taken by the storage of its scheme.
#include "fs/backend/options.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

const std::map<std::string, std::string> kGiven = {
    {"rest.connections", "7"}, {"s3.region", "x"}, {"s3.connections", "0"}, {"restless.x", "1"}};

TEST(BackendOptions, AreThoseOfOneScheme) {
  BackendOptions options("s3", kGiven);
  EXPECT_EQ(options.take("region"), "x");
  EXPECT_EQ(options.take("region"), std::nullopt);
  EXPECT_EQ(options.take_count("connections", 5), 5U);
  EXPECT_NO_THROW(options.finish());
  BackendOptions rest("rest", kGiven);
  EXPECT_EQ(rest.take_count("connections", 5), 7U);
  EXPECT_NO_THROW(rest.finish());
}

TEST(BackendOptions, ThatNobodyTakesAreRefused) {
  const BackendOptions options("s3", kGiven);
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "s3.connections", [&] { options.finish(); }));
}

TEST(BackendOptions, NumbersAreGos) {
  const std::map<std::string, unsigned> numbers = {{"12", 12},   {"0x1F", 31}, {"0b101", 5},
                                                   {"0o17", 15}, {"017", 15},  {"00", 5}};
  for (const auto& [text, number] : numbers) {
    BackendOptions options("rest", {{"rest.connections", text}});
    EXPECT_EQ(options.take_count("connections", 5), number) << text;
  }
}

TEST(BackendOptions, ANumberIsOne) {
  for (const char* text : {"", "x", "-1", "3x", " 3", "4294967296", "0x", "08", "0x-1"}) {
    BackendOptions options("rest", {{"rest.connections", text}});
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "rest.connections", [&] {
      (void)options.take_count("connections", 5);
    })) << text;
  }
}

TEST(BackendOptions, FlagsAreGos) {
  for (const char* const yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    EXPECT_TRUE(BackendOptions("s3", {{"s3.x", yes}}).take_flag("x")) << yes;
  }
  for (const char* const no : {"0", "f", "F", "false", "FALSE", "False"}) {
    EXPECT_FALSE(BackendOptions("s3", {{"s3.x", no}}).take_flag("x")) << no;
  }
  EXPECT_FALSE(BackendOptions("s3", {}).take_flag("x"));
  for (const char* const other : {"", "yes", "tRUE", "2"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "neither true nor false", [&] {
      BackendOptions("s3", {{"s3.x", other}}).take_flag("x");
    })) << other;
  }
}

}  // namespace
}  // namespace snapfs
