// The line, the environment, the profile, the default: which of them counts.
#include "cli/profile/settings.h"

#include <gmock/gmock.h>

#include "cli/grammar/option.h"
#include "tests/cli/profile/profile_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::ScopedVariable;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Settings : public test::ProfileBench {
 protected:
  Settings() {
    for (const char* const prefix : {"SNAPFS_", "RESTIC_"}) {
      for (const char* const name : {"REPOSITORY", "REPOSITORY_FILE", "PASSWORD", "PASSWORD_FILE",
                                     "PASSWORD_COMMAND", "COMPRESSION", "HOST"}) {
        clean_.push_back(
            std::make_unique<ScopedVariable>(std::string(prefix) + name, std::nullopt));
      }
    }
    // Stands for any command: an argument and options of every kind.
    Command take("take", "");
    take.run = [](Signals&) { return ExitCode{}; };
    take.take_all("PATH", &paths_, "");
    take.positionals.back().key = "sources";
    take.positionals.back().subject = "what";
    take.add("Own", {Option("-H,--host", "HOST", &host_, "").variable("HOST"),
                     {"-e,--exclude", "PATTERN", &patterns_, ""},
                     {"-n,--dry-run", &dry_run_, ""},
                     Option("--stdin", &stdin_, "").about("what"),
                     Option("--keep", "N", &keep_, "").yields_to("what"),
                     {"--size", "SIZE", Binding::checked(&size_, refuse_odd), ""}});
    program_.subcommands.push_back(std::move(take));
  }

  static void refuse_odd(const std::string& text) {
    if (text == "odd") throw Error(ErrorCode::kUsage, "this is odd");
  }

  ParsedLine parse(const std::string& profile, std::vector<std::string> line) {
    write("home", profile);
    line.insert(line.begin(), {"-P", "home"});
    return parse_with_profile(program_, options_, line);
  }

  std::vector<std::string> paths_;
  std::string host_ = "usual";
  std::vector<std::string> patterns_;
  bool dry_run_ = false;
  bool stdin_ = false;
  std::vector<std::string> keep_;
  std::string size_;

 private:
  std::vector<std::unique_ptr<ScopedVariable>> clean_;
};

TEST_F(Settings, TheLineComesFirstThenTheEnvironmentThenTheProfileThenTheDefault) {
  const std::string profile = "[take]\nhost = 'profile'\n";
  parse("", {"take"});
  EXPECT_EQ(host_, "usual");
  options_.profile.reset();
  parse(profile, {"take"});
  EXPECT_EQ(host_, "profile");
  options_.profile.reset();
  host_ = "usual";
  const ScopedVariable variable("SNAPFS_HOST", "environment");
  parse(profile, {"take"});
  EXPECT_EQ(host_, "usual");  // who uses it asks the environment
  parse(profile, {"take", "--host", "line"});
  EXPECT_EQ(host_, "line");
}

TEST_F(Settings, OfACommandComeBeforeThoseOfAll) {
  parse("compression = 'max'\n[take]\ncompression = 'off'\n", {"take"});
  EXPECT_EQ(options_.compression, "off");
}

TEST_F(Settings, AListOfTheLineReplacesThatOfTheProfile) {
  parse("[take]\nexclude = ['a', 'b']\n", {"take"});
  EXPECT_THAT(patterns_, ElementsAre("a", "b"));
  patterns_.clear();
  parse("[take]\nexclude = ['a', 'b']\n", {"take", "-e", "c"});
  EXPECT_THAT(patterns_, ElementsAre("c"));
}

TEST_F(Settings, OfAnInheritedProfileAreReplacedKeyByKey) {
  write("base", "compression = 'max'\n[take]\nexclude = ['a']\ndry-run = true\n");
  parse("inherit = 'base'\n[take]\nexclude = ['b']\n", {"take"});
  EXPECT_THAT(patterns_, ElementsAre("b"));
  EXPECT_TRUE(dry_run_);
  EXPECT_EQ(options_.compression, "max");
}

TEST_F(Settings, AreSilencedByOthersAboutTheSame) {
  write("base", "password-file = '/base'\n");
  parse("inherit = 'base'\npassword-command = 'mine'\n", {"take"});
  EXPECT_EQ(options_.password_command, "mine");
  EXPECT_EQ(options_.password_file, "");
  options_.password_command.clear();
  options_.profile.reset();
  const std::string profile = "password-file = '/f'\nrepository = '/r'\n";
  parse(profile, {"take", "--password-command", "c", "--repository-file", "x"});
  EXPECT_EQ(options_.password_file, "");
  EXPECT_EQ(options_.repository, "");
  options_.profile.reset();
  const ScopedVariable variable("RESTIC_PASSWORD", "secret");
  parse(profile, {"take"});
  EXPECT_EQ(options_.password_file, "");
  EXPECT_EQ(options_.repository, "/r");
}

TEST_F(Settings, SayThatTheEnvironmentNamesAnotherRepository) {
  const std::string profile = "repository = '/r'\n";
  EXPECT_THAT(parse(profile, {"take"}).advice, IsEmpty());
  for (const char* const name : {"SNAPFS_REPOSITORY", "RESTIC_REPOSITORY_FILE"}) {
    const ScopedVariable variable(name, "/other");
    options_.profile.reset();
    EXPECT_THAT(parse(profile, {"take"}).advice,
                ElementsAre(AllOf(HasSubstr(std::string("\"unset ") + name + "\""),
                                  HasSubstr(path_of("home") + ":1"))));
    options_.profile.reset();
    EXPECT_THAT(parse(profile, {"take", "--repo", "/line"}).advice, IsEmpty());
    options_.profile.reset();
    EXPECT_THAT(parse("verbose = 1\n", {"take"}).advice, IsEmpty());
  }
  const ScopedVariable same("SNAPFS_REPOSITORY", "/r");
  options_.profile.reset();
  EXPECT_THAT(parse(profile, {"take"}).advice, IsEmpty());
}

TEST_F(Settings, ArgumentsStandInForThoseOfTheProfile) {
  const std::string profile = "[take]\nsources = ['/a', '/b']\nkeep = ['1']\n";
  parse(profile, {"take"});
  EXPECT_THAT(paths_, ElementsAre("/a", "/b"));
  EXPECT_THAT(keep_, ElementsAre("1"));
  paths_.clear();
  keep_.clear();
  parse(profile, {"take", "/c"});
  EXPECT_THAT(paths_, ElementsAre("/c"));
  EXPECT_THAT(keep_, IsEmpty());
  paths_.clear();
  parse(profile, {"take", "--stdin"});
  EXPECT_THAT(paths_, IsEmpty());
  parse(profile, {"take", "--keep", "2"});  // silences nothing itself
  EXPECT_THAT(paths_, ElementsAre("/a", "/b"));
}

TEST_F(Settings, AreCheckedAsOnTheLine) {
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "home.toml:2:8: size \"odd\": this is odd",
                         [&] { parse("[take]\nsize = 'odd'\n", {"take"}); }));
  options_.profile.reset();
  // What the line replaces need not be right.
  parse("[take]\nsize = 'odd'\n", {"take", "--size", "1"});
  EXPECT_EQ(size_, "1");
}

TEST_F(Settings, OfOtherCommandsHaveToBeKeysAsWell) {
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "[forget] has no key",
                         [&] { parse("[forget]\nkeep-lats = 3\n", {"take"}); }));
}

TEST_F(Settings, OfTheVariablesProfileCountWhereTheLineNamesNone) {
  write("home", "compression = 'max'\n");
  const ScopedVariable variable("SNAPFS_PROFILE", "home");
  parse_with_profile(program_, options_, {"take"});
  EXPECT_EQ(options_.compression, "max");
}

TEST_F(Settings, AreNotLookedAtForHelpAndProfiles) {
  write("home", "nonsense = 1\n");
  parse_with_profile(program_, options_, {"-P", "home", "take", "--help"});
  parse_with_profile(program_, options_, {"-P", "home", "profile", "check"});
  parse_with_profile(program_, options_, {"-P", "home", "version"});
  EXPECT_EQ(options_.profile, nullptr);
}

}  // namespace
}  // namespace snapfs
