// TOML as values that know where they stand.
#include "cli/profile/toml_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using Kind = ProfileValue::Kind;
using test::fails_with;

TEST(TomlText, KeepsEveryKindOfValue) {
  const ProfileValue table = parse_toml(
      "text = \"a\\tb\"\nwhole = 7\nreal = 2.5\nyes = true\nlist = [\"x\", 3]\nday = 2026-01-31\n"
      "[below]\nno = false\n",
      "f");
  EXPECT_EQ(table.find("text")->value.text, "a\tb");
  EXPECT_EQ(table.find("whole")->value.kind, Kind::kInteger);
  EXPECT_EQ(table.find("whole")->value.text, "7");
  EXPECT_EQ(table.find("real")->value.text, "2.5");
  EXPECT_EQ(table.find("yes")->value.text, "true");
  EXPECT_EQ(table.find("list")->value.items.at(1).text, "3");
  EXPECT_EQ(table.find("day")->value.kind, Kind::kTime);
  EXPECT_EQ(table.find("below")->value.find("no")->value.kind, Kind::kBoolean);
  EXPECT_EQ(table.find("none"), nullptr);
}

TEST(TomlText, KnowsWhereEachStands) {
  const ProfileValue table = parse_toml("\n  key = [\n    \"one\",\n    \"two\" ]\n", "dir/f.toml");
  EXPECT_EQ(table.find("key")->place.text(), "dir/f.toml:2:3");
  EXPECT_EQ(table.find("key")->value.items.at(1).place.text(), "dir/f.toml:4:5");
}

TEST(TomlText, KeepsTheOrderOfTheFile) {
  const ProfileValue table = parse_toml("z = 1\na = 2\nm = 3\n", "f");
  ASSERT_EQ(table.entries.size(), 3);
  EXPECT_EQ(table.entries[0].key, "z");
  EXPECT_EQ(table.entries[2].key, "m");
}

TEST(TomlText, SaysInOneLineWhereItIsNone) {
  EXPECT_TRUE(fails_with(ErrorCode::kUsage,
                         "home.toml:2:", [] { parse_toml("good = 1\nbad = = 2\n", "home.toml"); }));
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "no TOML", [] { parse_toml("a = 1\na = 2\n", "f"); }));
}

}  // namespace
}  // namespace snapfs
