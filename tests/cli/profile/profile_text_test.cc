// A profile as it works, shown.
#include "cli/profile/profile_text.h"

#include <gmock/gmock.h>

#include "cli/profile/profile_check.h"
#include "cli/profile/profile_template.h"
#include "cli/profile/toml_text.h"
#include "tests/cli/profile/profile_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::ScopedVariable;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class ProfileText : public test::ProfileBench {
 protected:
  std::string text(const std::string& profile) { return profile_text(load(profile), program_); }
};

TEST_F(ProfileText, ShowsValuesDefaultsAndWhereTheyAreFrom) {
  const ScopedVariable variable("SNAPFS_COMPRESSION", "max");
  const std::string shown = text(
      "repository = '/r'\n[snapshot]\nsources = ['/a', '/b']\nno-cache = true\n"
      "[hooks]\nbefore = 'x'\n");
  EXPECT_THAT(shown, ContainsRegex("\nrepository = \"/r\" +# " + path_of("home") + ":1\n"));
  EXPECT_THAT(shown, ContainsRegex("\ncompression = \"max\" +# from SNAPFS_COMPRESSION\n"));
  EXPECT_THAT(shown, ContainsRegex("\n\\[snapshot\\]\nsources = \\[\"/a\", \"/b\"\\] +# .*:3\n"));
  EXPECT_THAT(shown, ContainsRegex("\nno-cache = true +# .*:4\n"));
  EXPECT_THAT(shown, ContainsRegex("\n# checkpoint = \"5m\" +# default\n"));
  EXPECT_THAT(shown, ContainsRegex("\n# time = +# default: now\n"));
  EXPECT_THAT(shown, ContainsRegex("\n# parent = +# not set\n"));
  EXPECT_THAT(shown, ContainsRegex("\n# pack-size = +# default: 16\n"));
  EXPECT_THAT(
      shown,
      ContainsRegex("\n\\[hooks\\]\nbefore = \\[\"x\"\\] +# .*:6\n# after = \\[\\] +# not set\n"));
}

TEST_F(ProfileText, IsAProfileAgain) {
  const std::string shown = text(
      "repository = '/r'\nverbose = 2\n[snapshot]\nexclude = ['a\"b', 'c\\d']\n[forget]\n"
      "keep-daily = 7\nprune = true\n");
  write("again", shown);
  EXPECT_THAT(profile_mistakes(Profile::load("again"), program_), ::testing::IsEmpty());
  EXPECT_THAT(shown, HasSubstr(R"(exclude = ["a\"b", "c\\d"])"));
}

TEST_F(ProfileText, HidesPasswords) {
  const ScopedVariable variable("SNAPFS_PASSWORD", "hidden");
  const std::string shown = text("repository = 'rest:https://me:secret@host/'\n");
  EXPECT_THAT(shown, HasSubstr("rest:https://me:***@host/"));
  EXPECT_THAT(shown, Not(HasSubstr("hidden")));
  EXPECT_THAT(shown, HasSubstr("from SNAPFS_PASSWORD\n"));
}

TEST_F(ProfileText, ShowsNoCommandOfAVariableThatHasThePassword) {
  const ScopedVariable variable("RESTIC_PASSWORD_COMMAND", "echo hidden");
  const ScopedVariable other("SNAPFS_FROM_PASSWORD_COMMAND", "echo hidden");
  const Profile profile = load("repository = '/r'\n");
  const std::string shown = profile_text(profile, program_, ShownTables::kAll);
  EXPECT_THAT(shown, Not(HasSubstr("hidden")));
  EXPECT_THAT(shown, HasSubstr("from SNAPFS_FROM_PASSWORD_COMMAND\n"));
}

TEST_F(ProfileText, IsAProfileAgainWithHooksAndBytesThatAreNoText) {
  const ScopedVariable variable("SNAPFS_CACHE_DIR", "/home/J\xfcrgen");
  const ScopedVariable host("SNAPFS_HOST", "laptop");
  const std::string shown =
      profile_text(load("repository = '/r'\n[run]\nmetrics = '/m'\n[hooks]\nfailed = ['x']\n"),
                   program_, ShownTables::kAll);
  write("again", shown);
  EXPECT_THAT(profile_mistakes(Profile::load("again"), program_), ::testing::IsEmpty());
  EXPECT_THAT(shown, ContainsRegex("\nhost = \\[\"laptop\"\\] +# from SNAPFS_HOST\n"));
}

TEST_F(ProfileText, ShowsNoEmptyListWhereThatIsNotTheDefault) {
  EXPECT_THAT(text("repository = '/r'\n"), ContainsRegex("\n# path-template = +# default: ids/%i"));
}

TEST_F(ProfileText, HidesPasswordsInVariablesWithAnAddress) {
  const ScopedVariable variable("RESTIC_REPOSITORY", "rest:https://me:secret@host/");
  EXPECT_THAT(text(""), ContainsRegex("\nrepository = \"rest:https://me:\\*\\*\\*@host/\" +# from "
                                      "RESTIC_REPOSITORY\n"));
}

TEST_F(ProfileText, HasTheTablesOfAllCommandsWhenAsked) {
  const Profile profile = load("repository = '/r'\n");
  EXPECT_THAT(profile_text(profile, program_), Not(HasSubstr("\n[repair.snapshots]\n")));
  const std::string all = profile_text(profile, program_, ShownTables::kAll);
  for (const char* const table : {"[snapshot]", "[repair.snapshots]", "[key.add]", "[dump]"}) {
    EXPECT_THAT(all, HasSubstr(std::string("\n") + table + "\n"));
  }
  EXPECT_THAT(all, Not(HasSubstr("[profile")));
  EXPECT_THAT(all, Not(HasSubstr("[complete-line]")));
  write("again", all);
  EXPECT_THAT(profile_mistakes(Profile::load("again"), program_), ::testing::IsEmpty());
}

TEST_F(ProfileText, IsJsonForPrograms) {
  const std::string json = profile_json(load("[forget]\nkeep-last = 3\n"), program_);
  EXPECT_THAT(
      json, HasSubstr(R"({"table":"forget","key":"keep-last","values":["3"],"source":"profile")"));
  EXPECT_THAT(
      json,
      HasSubstr(R"({"table":"check","key":"read-data","values":["false"],"source":"default"})"));
  EXPECT_THAT(json, HasSubstr(R"("key":"time","values":[],"source":"default","otherwise":"now")"));
}

TEST_F(ProfileText, StringsOfTomlComeBackAsTheyWere) {
  const std::string odd = "a\"b\\c\n\t\x01\x7f ü";
  EXPECT_EQ(parse_toml("x = " + toml_string(odd), "f").find("x")->value.text, odd);
}

class ProfileTemplate : public test::ProfileBench {};

TEST_F(ProfileTemplate, IsAProfileWithoutMistakes) {
  const std::string password = scratch().write("pass word", "x");
  write("new", profile_template({"/srv/\"x\"", password, "host"}));
  EXPECT_THAT(profile_mistakes(Profile::load("new"), program_), ::testing::IsEmpty());
}

TEST_F(ProfileTemplate, ExamplesBehindCommentsAreRightToo) {
  std::string text = profile_template({"/r", scratch().write("p", "x"), "host"});
  for (std::size_t at = 0; (at = text.find("\n#", at)) != std::string::npos; ++at) {
    // A comment has a blank behind the sign, an example none.
    if (text.at(at + 2) != ' ' && text.at(at + 2) != '\n') text.erase(at + 1, 1);
  }
  scratch().write("config/snapfs/excludes.txt", "");
  write("common", "");
  write("new", text);
  EXPECT_THAT(profile_mistakes(Profile::load("new"), program_), ::testing::IsEmpty());
}

TEST_F(ProfileTemplate, NeverReplacesAFile) {
  const std::string path = scratch() / "deep/er/new.toml";
  write_new_profile(path, "first");
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
  EXPECT_TRUE(
      fails_with(ErrorCode::kExists, "stays as it is", [&] { write_new_profile(path, "second"); }));
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "first");
}

}  // namespace
}  // namespace snapfs
