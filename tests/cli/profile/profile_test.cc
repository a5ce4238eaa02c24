// Profiles that inherit.
#include "cli/profile/profile.h"

#include "tests/cli/profile/profile_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

class ProfileInheritance : public test::ProfileBench {};

TEST_F(ProfileInheritance, ReadsTheOwnFileFirst) {
  write("base", "");
  write("middle", "inherit = 'base'");
  const Profile profile = load("inherit = 'middle'");
  ASSERT_EQ(profile.files().size(), 3);
  EXPECT_EQ(profile.path(), path_of("home"));
  EXPECT_EQ(profile.files()[2].path, path_of("base"));
  EXPECT_EQ(profile.files()[2].directory, directory());
}

TEST_F(ProfileInheritance, LooksBesideTheFileFirst) {
  scratch().write("other/base.toml", "");
  scratch().write("other/home.toml", "inherit = 'base'");
  write("base", "");
  EXPECT_EQ(Profile::load(scratch() / "other/home.toml").files().at(1).path,
            scratch() / "other/base.toml");
}

TEST_F(ProfileInheritance, InACircleIsRefused) {
  write("other", "inherit = 'home'");
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "other.toml:1:1: profiles inherit from each other",
                         [&] { load("inherit = 'other'"); }));
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "circle", [&] { load("inherit = 'home'"); }));
}

TEST_F(ProfileInheritance, OfWhatIsNotThereSaysWhere) {
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, "home.toml:2:11: there is no profile \"none\"",
                         [&] { load("\ninherit = 'none'"); }));
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "home.toml:1:11: inherit is the name",
                         [&] { load("inherit = ['a']"); }));
}

TEST_F(ProfileInheritance, TrustsNoneThatOthersCanWrite) {
  const std::string path = write("base", "");
  std::filesystem::permissions(path, std::filesystem::perms(0666));
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, path, [&] { load("inherit = 'base'"); }));
}

}  // namespace
}  // namespace snapfs
