// Values of a profile as the texts that options take.
#include "cli/profile/setting_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/profile/toml_text.h"
#include "tests/support/fails_with.h"
#include "tests/support/scoped_variable.h"

namespace snapfs {
namespace {

using Kind = Binding::Kind;
using test::fails_with;
using ::testing::ElementsAre;

class SettingTexts : public ::testing::Test {
 protected:
  static std::vector<std::string> texts(const std::string& value, Kind kind,
                                        const std::string& type = "") {
    const ProfileValue table = parse_toml("key = " + value, "f");
    std::vector<std::string> result;
    for (const PlacedText& text : setting_texts(table.find("key")->value, kind, type, "/conf")) {
      result.push_back(text.text);
    }
    return result;
  }

  test::ScopedVariable home_{"HOME", "/home/me"};
};

TEST_F(SettingTexts, AreWhatTheCommandLineWouldHave) {
  EXPECT_THAT(texts("true", Kind::kSwitch), ElementsAre("true"));
  EXPECT_THAT(texts("-3", Kind::kNumber), ElementsAre("-3"));
  EXPECT_THAT(texts("2", Kind::kCount), ElementsAre("2"));
  EXPECT_THAT(texts("true", Kind::kCount), ElementsAre("1"));
  EXPECT_THAT(texts("7", Kind::kText), ElementsAre("7"));
  EXPECT_THAT(texts("'x'", Kind::kText), ElementsAre("x"));
  EXPECT_THAT(texts("'x'", Kind::kList), ElementsAre("x"));
  EXPECT_THAT(texts("['x', 4, '']", Kind::kList), ElementsAre("x", "4", ""));
  EXPECT_THAT(texts("[]", Kind::kList), ElementsAre());
}

TEST_F(SettingTexts, OfAnotherKindAreRefusedWithTheirPlace) {
  for (const auto& [value, kind] :
       std::initializer_list<std::pair<const char*, Kind>>{{"'true'", Kind::kSwitch},
                                                           {"1", Kind::kSwitch},
                                                           {"'7'", Kind::kNumber},
                                                           {"1.5", Kind::kNumber},
                                                           {"['x']", Kind::kText},
                                                           {"true", Kind::kText},
                                                           {"2026-01-31", Kind::kText},
                                                           {"{ a = 1 }", Kind::kList}}) {
    // clang 14 captures no structured bindings.
    const auto read = [&, given = value, wanted = kind] { texts(given, wanted); };
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "f:1:7: ", read)) << value;
  }
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "f:1:13: ", [] { texts("['x', true]", Kind::kList); }));
}

TEST_F(SettingTexts, PathsStartFromTheDirectoryOfTheFileOrFromHome) {
  for (const char* const type : {"FILE", "DIR", "PATH", "MOUNTPOINT", "LOCATION"}) {
    EXPECT_THAT(texts("'a/../b'", Kind::kText, type), ElementsAre("/conf/b")) << type;
    EXPECT_THAT(texts("'~/b'", Kind::kText, type), ElementsAre("/home/me/b")) << type;
    EXPECT_THAT(texts("'~'", Kind::kText, type), ElementsAre("/home/me")) << type;
    EXPECT_THAT(texts("'/b'", Kind::kText, type), ElementsAre("/b")) << type;
    EXPECT_THAT(texts("''", Kind::kText, type), ElementsAre("")) << type;
  }
  EXPECT_THAT(texts("'-'", Kind::kList, "FILE"), ElementsAre("-"));
  EXPECT_THAT(texts("'a/b'", Kind::kText, "NAME"), ElementsAre("a/b"));
}

TEST_F(SettingTexts, AddressesStayAndPatternsOnlyKnowHome) {
  EXPECT_THAT(texts("'rest:https://host/x'", Kind::kText, "LOCATION"),
              ElementsAre("rest:https://host/x"));
  EXPECT_THAT(texts("'sftp:host:~/x'", Kind::kText, "LOCATION"), ElementsAre("sftp:host:~/x"));
  EXPECT_THAT(texts("'local:x'", Kind::kText, "LOCATION"), ElementsAre("local:/conf/x"));
  EXPECT_THAT(texts("['*.o', '~/x', 'a/b']", Kind::kList, "PATTERN"),
              ElementsAre("*.o", "/home/me/x", "a/b"));
}

TEST_F(SettingTexts, ExtendedOptionsAreFieldsWhateverIsInThem) {
  const ProfileValue table =
      parse_toml("s3.region = 'eu'\ns3.retries = 3\nsftp.command = 'a \"b\", c'\n", "f");
  std::vector<std::string> result;
  for (const PlacedText& text : extended_options_texts(table)) result.push_back(text.text);
  EXPECT_THAT(result, ElementsAre("\"s3.region=eu\"", "\"s3.retries=3\"",
                                  "\"sftp.command=a \"\"b\"\", c\""));
}

}  // namespace
}  // namespace snapfs
