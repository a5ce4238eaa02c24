// What is said about which snapshots to keep.
#include "cli/option/forget_options.h"

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

ForgetOptions with_count(KeepPeriod period, const char* text) {
  ForgetOptions options;
  options.counts.at(static_cast<std::size_t>(period)) = parse_keep_count(text);
  return options;
}

TEST(ForgetOptions, NothingSaidIsNoPolicy) {
  EXPECT_TRUE(ForgetOptions{}.policy().is_empty());
  EXPECT_TRUE(with_count(KeepPeriod::kDaily, "0").policy().is_empty());
}

TEST(ForgetOptions, CountsAreNumbersOrUnlimited) {
  EXPECT_EQ(with_count(KeepPeriod::kDaily, "7").policy().count(KeepPeriod::kDaily), 7);
  for (const char* text : {"unlimited", "-1"}) {
    EXPECT_EQ(with_count(KeepPeriod::kLast, text).policy().count(KeepPeriod::kLast),
              RetentionPolicy::kUnlimited);
  }
  for (const char* text : {"-2", "7d", "all", "1.5", " 1", "", "+-1", "99999999999999999999"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "unlimited", [&] { parse_keep_count(text); }))
        << text;
  }
}

TEST(ForgetOptions, DurationsAndTagsAreRead) {
  ForgetOptions options;
  options.within.at(0) = "3d";
  options.keep_tags = {"a, b", ""};
  RetentionPolicy policy = options.policy();
  EXPECT_EQ(policy.within_last(KeepPeriod::kLast).days, 3);
  EXPECT_EQ(policy.tags, (std::vector<std::vector<std::string>>{{"a", "b"}, {""}}));
}

}  // namespace
}  // namespace snapfs
