// All mistakes of a profile at once.
#include "cli/profile/profile_check.h"

#include <gmock/gmock.h>

#include "tests/cli/profile/profile_bench.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ProfileCheck : public test::ProfileBench {
 protected:
  std::vector<std::string> mistakes(const std::string& text) {
    return profile_mistakes(load(text), program_);
  }
};

TEST_F(ProfileCheck, NamesEveryMistakeInTheOrderOfTheFile) {
  EXPECT_THAT(
      mistakes(
          "compression = 'none'\nretry-lock = 'soon'\nnonsense = 1\n"
          "[snapshot]\nexclude-larger-than = 'big'\ngroup-by = 'x'\nprune = true\n"
          "[forget]\nkeep-within = 'long'\nkeep-daily = 'x'\nmax-unused = '200%'\nprune = 'yes'\n"
          "[check]\nread-data-subset = '9/3'\n"
          "[restore]\noverwrite = 'maybe'\n[mount]\nblob-cache = '64'\nrequest-timeout = 'x'\n"),
      ElementsAre(HasSubstr(":1:15: compression"), HasSubstr(":2:14: retry-lock"),
                  HasSubstr(":3:1: there is no key"), HasSubstr(":5:23: exclude-larger-than"),
                  HasSubstr(":6:12: group-by"), HasSubstr(":7:1: [snapshot] has no key"),
                  HasSubstr(":9:15: keep-within"), HasSubstr(":10:14: keep-daily"),
                  HasSubstr(":11:14: max-unused"), HasSubstr(":12:9: true or false"),
                  HasSubstr(":14:20: read-data-subset"), HasSubstr(":16:13: overwrite"),
                  HasSubstr(":18:14: a whole number"), HasSubstr(":19:19: request-timeout")));
}

TEST_F(ProfileCheck, LooksAtWhatAStrongerFileReplaces) {
  write("base", "compression = 'none'\n");
  EXPECT_THAT(mistakes("inherit = 'base'\ncompression = 'max'\n"),
              ElementsAre(HasSubstr("base.toml:1:15: compression")));
}

TEST_F(ProfileCheck, MissesFiles) {
  write("secret", "");
  EXPECT_THAT(mistakes("password-file = 'secret.toml'\n"), IsEmpty());
  EXPECT_THAT(mistakes("password-file = 'none'\n[snapshot]\nexclude-file = ['secret.toml', 'x']\n"
                       "metrics = 'new'\n"),
              ElementsAre(HasSubstr(directory() + "/none cannot be read"),
                          HasSubstr(directory() + "/x cannot be read")));
}

TEST_F(ProfileCheck, MindsPasswordsThatOthersCanRead) {
  const std::string text = "repository = 'rest:https://me:secret@host/'\n";
  EXPECT_THAT(mistakes(text), IsEmpty());
  std::filesystem::permissions(path_of("home"), std::filesystem::perms(0644));
  const std::vector<std::string> found = profile_mistakes(Profile::load("home"), program_);
  EXPECT_THAT(found, ElementsAre(HasSubstr("chmod 600")));
  EXPECT_THAT(found, ::testing::Not(::testing::Contains(HasSubstr("secret"))));
}

}  // namespace
}  // namespace snapfs
