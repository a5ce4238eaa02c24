// An option, then SNAPFS_*, then RESTIC_*, then the default.
#include "cli/option/setting.h"

#include <gtest/gtest.h>

#include "tests/support/scoped_variable.h"

namespace snapfs {
namespace {

using test::ScopedVariable;

TEST(EnvironmentSetting, OurNameComesFirst) {
  const ScopedVariable ours("SNAPFS_TEST_SETTING", "ours");
  const ScopedVariable theirs("RESTIC_TEST_SETTING", "theirs");
  EXPECT_EQ(environment_setting("TEST_SETTING"), "ours");
}

TEST(EnvironmentSetting, FallsBackWhenOursIsUnsetOrEmpty) {
  const ScopedVariable theirs("RESTIC_TEST_SETTING", "theirs");
  {
    const ScopedVariable ours("SNAPFS_TEST_SETTING", std::nullopt);
    EXPECT_EQ(environment_setting("TEST_SETTING"), "theirs");
  }
  const ScopedVariable ours("SNAPFS_TEST_SETTING", "");
  EXPECT_EQ(environment_setting("TEST_SETTING"), "theirs");
}

TEST(EnvironmentSetting, NothingWhenNeitherIsSet) {
  const ScopedVariable ours("SNAPFS_TEST_SETTING", std::nullopt);
  const ScopedVariable theirs("RESTIC_TEST_SETTING", std::nullopt);
  EXPECT_EQ(environment_setting("TEST_SETTING"), std::nullopt);
}

TEST(Setting, OptionEnvironmentDefault) {
  {
    const ScopedVariable variable("SNAPFS_TEST_SETTING", "variable");
    EXPECT_EQ(setting("option", "TEST_SETTING", "default"), "option");
    EXPECT_EQ(setting("", "TEST_SETTING", "default"), "variable");
  }
  const ScopedVariable unset("SNAPFS_TEST_SETTING", std::nullopt);
  EXPECT_EQ(setting("", "TEST_SETTING", "default"), "default");
  EXPECT_EQ(setting(std::string(), "TEST_SETTING"), "");
}

TEST(Setting, WhatMayBeEmptyComesBeforeTheEnvironmentWhenItIs) {
  const ScopedVariable variable("SNAPFS_TEST_SETTING", "variable");
  EXPECT_EQ(setting(std::optional<std::string>(""), "TEST_SETTING"), "");
  EXPECT_EQ(setting(std::optional<std::string>(), "TEST_SETTING"), "variable");
}

}  // namespace
}  // namespace snapfs
