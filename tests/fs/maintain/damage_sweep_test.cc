// That the sweep of damage tells damage from none.
#include "tests/fs/maintain/damage_sweep.h"

#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs::test {
namespace {

class DamageSweepTest : public ::testing::Test {
 protected:
  DamageSweep sweep(const Damage& damage) {
    constexpr std::uint64_t kCases = 200;
    return sweep_damage(judged_, cases_, {cases_.count() / kCases, 0}, damage);
  }

  JudgedRepository judged_{2, 500};
  const DamageCases cases_{judged_.backend(), 250};
};

TEST_F(DamageSweepTest, DamageIsAnsweredAsItHasToBe) {
  const DamageSweep result =
      sweep([this](const DamageCase& one, Backend& repository) { cases_.apply(one, repository); });
  EXPECT_THAT(result.wrong, ::testing::IsEmpty());
  EXPECT_GT(result.checked, 5U);
}

TEST_F(DamageSweepTest, DamageThatChangesNothingIsCalledOut) {
  const DamageSweep result = sweep([](const DamageCase& /*one*/, Backend& /*repository*/) {});
  EXPECT_GT(result.checked, 5U);
  EXPECT_EQ(result.wrong.size(), result.checked);
  EXPECT_THAT(result.wrong, ::testing::Each(::testing::HasSubstr("a check finds nothing")));
}

TEST_F(DamageSweepTest, ContentThatNobodyStoredIsCalledOut) {
  for (auto& [path, content] : judged_.contents()) content += "more";
  const DamageSweep result = sweep([](const DamageCase& /*one*/, Backend& /*repository*/) {});
  EXPECT_EQ(result.wrong.size(), result.tried);
}

}  // namespace
}  // namespace snapfs::test
