// SNAPFS_* before RESTIC_*.
#include "cli/option/environment.h"

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

}  // namespace
}  // namespace snapfs
