// What the options of prune mean.
#include "cli/option/prune_options.h"

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

TEST(PruneOptions, TakeLimitsInAllTheirForms) {
  EXPECT_EQ(parse_unused_limit("5%").beside(9500), 500U);
  EXPECT_EQ(parse_unused_limit("0%").beside(9500), 0U);
  EXPECT_EQ(parse_unused_limit("0.5%").beside(9950), 50U);
  EXPECT_EQ(parse_unused_limit("50%").beside(77), 77U);
  EXPECT_EQ(parse_unused_limit("0").beside(9500), 0U);
  EXPECT_EQ(parse_unused_limit("2M").beside(9500), 2U << 20);
  EXPECT_EQ(parse_unused_limit("unlimited").beside(9500), UINT64_MAX);
  for (const char* text : {"100%", "-1%", "%", "x%", "5 %", "nan%", "", "much", "5%%"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, [&] { (void)parse_unused_limit(text); })) << text;
  }
}

TEST(PruneOptions, AreReadWhenTheyAreUsed) {
  PruneArguments arguments;
  EXPECT_EQ(arguments.options().policy.max_repack_bytes, UINT64_MAX);
  EXPECT_EQ(arguments.options().policy.small_pack_bytes, 0U);
  arguments.max_repack_size = "3G";
  arguments.repack_smaller_than = "7M";
  EXPECT_EQ(arguments.options().policy.max_repack_bytes, std::uint64_t{3} << 30);
  EXPECT_EQ(arguments.options().policy.small_pack_bytes, 7U << 20);
  arguments.max_repack_size = "lots";
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "lots", [&] { (void)arguments.options(); }));
}

}  // namespace
}  // namespace snapfs
