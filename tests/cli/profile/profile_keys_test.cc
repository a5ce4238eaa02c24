// Which keys a profile may have, and what is said about others.
#include "cli/profile/profile_keys.h"

#include <gmock/gmock.h>

#include "tests/cli/profile/profile_bench.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class ProfileKeys : public test::ProfileBench {
 protected:
  /// What is wrong, without the path of the file.
  std::vector<std::string> mistakes(const std::string& text) {
    std::vector<std::string> found;
    check_keys(load(text), program_, [&](const Place& /*key*/, const Error& mistake) {
      EXPECT_EQ(mistake.code(), ErrorCode::kUsage);
      const std::string line = mistake.what();
      EXPECT_THAT(line, HasSubstr(path_of("home") + ":"));
      found.push_back(line.substr(path_of("home").size() + 1));
    });
    return found;
  }
};

TEST_F(ProfileKeys, AreTheLongNamesOfOptions) {
  EXPECT_THAT(mistakes("repo = '/r'\nverbose = 2\njson = true\ncacert = ['/c']\n"
                       "[snapshot]\nsources = ['/s']\nexclude = 'x'\none-file-system = true\n"
                       "compression = 'max'\n"
                       "[forget]\nkeep-last = 3\nprune = true\n"
                       "[check]\nread-data-subset = '1/2'\n[mount]\nmountpoint = '/m'\n"
                       "[restore]\nsnapshot = 'latest'\ntarget = '/t'\n"
                       "[repair.snapshots]\nforget = true\n[run]\ndry-run = true\n"),
              IsEmpty());
}

TEST_F(ProfileKeys, HaveTwoNamesWhereHabitWantsIt) {
  EXPECT_THAT(mistakes("repository = '/r'\n[backup]\ntag = 'x'\n"), IsEmpty());
  EXPECT_THAT(mistakes("repo = '/r'\nrepository = '/s'\n"),
              ElementsAre("2:1: \"repository\" is \"repo\", which is set already, in line 1: take "
                          "one out"));
  EXPECT_THAT(mistakes("[backup]\n[snapshot]\n"),
              ElementsAre(HasSubstr("[backup] and [snapshot] are the same command")));
}

TEST_F(ProfileKeys, ThatAreUnknownAreNamedWithTheNearest) {
  EXPECT_THAT(mistakes("repositry = '/r'\n[snapshot]\nexcludes = []\n[forgett]\n"),
              UnorderedElementsAre(
                  HasSubstr("1:1: there is no key \"repositry\": did you mean repository?"),
                  HasSubstr("3:1: [snapshot] has no key \"excludes\": did you mean exclude"),
                  HasSubstr("4:2: there is no key \"forgett\": did you mean forget?")));
  EXPECT_THAT(mistakes("[snapshot]\nqwertyuiop = 1\n"), ElementsAre(HasSubstr("snapshot --help")));
}

TEST_F(ProfileKeys, OfACommandStandInItsTable) {
  EXPECT_THAT(mistakes("keep-last = 3\n"), ElementsAre(HasSubstr("it belongs below [forget]")));
  EXPECT_THAT(mistakes("snapshot = true\n"),
              ElementsAre(HasSubstr("its keys stand below [snapshot]")));
  EXPECT_THAT(mistakes("[version]\n[help]\n"),
              ElementsAre(HasSubstr("has no settings"), HasSubstr("has no settings")));
}

TEST_F(ProfileKeys, AreNoPlaceForPasswords) {
  EXPECT_THAT(mistakes("password = 'secret'\n[snapshot]\npassphrase = 'secret'\n"),
              ElementsAre(HasSubstr("1:1: a profile is no place for a password"),
                          HasSubstr("3:1: a profile is no place for a password")));
  EXPECT_THAT(mistakes("password = 'secret'\n").at(0), HasSubstr("password-file"));
}

TEST_F(ProfileKeys, NameNoProfileAndNoVersion) {
  EXPECT_THAT(mistakes("profile = 'x'\n"), ElementsAre(HasSubstr("inherit = \"NAME\"")));
  EXPECT_THAT(mistakes("version = true\n").size(), 1);
  EXPECT_THAT(mistakes("[snapshot]\ninherit = 'x'\n"), ElementsAre(HasSubstr("outside of tables")));
}

TEST_F(ProfileKeys, HooksAreOfFourKinds) {
  EXPECT_THAT(
      mistakes("[hooks]\nbefore = 'a'\nafter = ['a', 'b']\n[snapshot.hooks]\nfailed = 'x'\n"),
      IsEmpty());
  EXPECT_THAT(mistakes("[hooks]\nbefor = 'a'\n"), ElementsAre(HasSubstr("did you mean before?")));
  EXPECT_THAT(mistakes("[hooks]\nbefore = 3\n"),
              ElementsAre(HasSubstr("2:10: a hook is a command")));
  EXPECT_THAT(mistakes("[run.hooks]\nbefore = 'a'\n"), ElementsAre(HasSubstr("[hooks]")));
  EXPECT_THAT(mistakes("hooks = 'a'\n"), ElementsAre(HasSubstr("hooks are a table")));
}

}  // namespace
}  // namespace snapfs
