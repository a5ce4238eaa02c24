// Where profiles are found, and which are believed.
#include "cli/profile/profile_file.h"

#include <unistd.h>

#include <gmock/gmock.h>

#include "tests/cli/profile/profile_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::ScopedVariable;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;

class ProfileFiles : public test::ProfileBench {};

TEST_F(ProfileFiles, AreLookedForInTheUsersDirectoryFirst) {
  EXPECT_THAT(profile_directories(), ElementsAre(directory(), "/etc/snapfs"));
  const ScopedVariable relative("XDG_CONFIG_HOME",
                                "elsewhere");  // to be ignored, says the standard
  EXPECT_THAT(profile_directories(), ElementsAre("/home/me/.config/snapfs", "/etc/snapfs"));
}

TEST_F(ProfileFiles, AreFoundByNameOrByPath) {
  const std::string path = write("home", "");
  EXPECT_EQ(find_profile("home"), path);
  EXPECT_EQ(find_profile("./x.toml", "/there"), "/there/x.toml");
  EXPECT_THAT(list_profiles(), Contains(Field(&ProfileName::path, path)));
}

TEST_F(ProfileFiles, ThatAreMissingAreNamedWithTheNearest) {
  write("home", "");
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, "did you mean home?", [] { find_profile("hoem"); }));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, "/etc/snapfs", [] { find_profile("other"); }));
  for (const char* const odd : {"", ".hidden", "a\nb"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, [odd] { find_profile(odd); })) << odd;
  }
}

TEST_F(ProfileFiles, ThatOthersCanWriteAreRefused) {
  const std::string path = write("home", "x = 1\n");
  EXPECT_EQ(read_profile(path), "x = 1\n");
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  EXPECT_EQ(read_profile(path), "x = 1\n");
  std::filesystem::permissions(path, std::filesystem::perms(0606));
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "chmod go-w", [&] { read_profile(path); }));
  std::filesystem::permissions(path, std::filesystem::perms(0660));
  if (::geteuid() != 0) {
    EXPECT_EQ(read_profile(path), "x = 1\n");  // a group of one's own is usual
    return;
  }
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "chmod go-w", [&] { read_profile(path); }));
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  ASSERT_EQ(::chown(path.c_str(), 12345, 0), 0);
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "chown root", [&] { read_profile(path); }));
}

TEST_F(ProfileFiles, AreFiles) {
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "is no file", [&] { read_profile(directory()); }));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { read_profile(path_of("none")); }));
}

}  // namespace
}  // namespace snapfs
