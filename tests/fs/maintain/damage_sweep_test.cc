// That the sweep of damage tells damage from none.
#include "tests/fs/maintain/damage_sweep.h"

#include <cstdint>
#include <map>
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

  std::map<std::string, Bytes> files() {
    std::map<std::string, Bytes> all;
    const auto add = [&](const FileKey& key) {
      all[describe(key)] = judged_.backend().load(key, std::nullopt, {}, {});
    };
    add(FileKey::config());
    for (const FileKind kind : kListedKinds) {
      for (const FileInfo& info : judged_.backend().list(kind, {})) add({kind, info.id});
    }
    return all;
  }

  JudgedRepository judged_{2, 500};
  const DamageCases cases_{judged_.backend(), 250};
};

TEST_F(DamageSweepTest, EveryCaseIsUndoneWhetherItWasAppliedOrNot) {
  const std::map<std::string, Bytes> sound = files();
  for (const bool applied : {true, false}) {
    for (std::uint64_t number = 0; number < cases_.count(); ++number) {
      const DamageCase one = cases_.at(number);
      if (applied) cases_.apply(one, judged_.backend());
      ASSERT_NO_THROW(cases_.undo(one, judged_.backend())) << one.text();
    }
    EXPECT_EQ(files(), sound);
  }
}

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
