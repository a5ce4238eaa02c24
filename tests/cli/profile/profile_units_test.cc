// Which units a profile is run by, and what they are told of it.
#include "cli/profile/profile_units.h"

#include <gmock/gmock.h>

#include "tests/cli/profile/profile_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ProfileUnitNames : public test::ProfileBench {
 protected:
  ProfileUnits units(const std::string& text, UnitManager manager = UnitManager::kUser) {
    return units_for(load(text), program_, manager);
  }
};

TEST_F(ProfileUnitNames, GoByTheTables) {
  EXPECT_THAT(units("[snapshot]\nsources = ['/a']\n").names, ElementsAre("snapfs-run@home.timer"));
  EXPECT_THAT(
      units("[backup]\n[check]\n[mount]\nmountpoint = '/m'\n").names,
      ElementsAre("snapfs-run@home.timer", "snapfs-check@home.timer", "snapfs-mount@home.service"));
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "nothing that units could do",
                         [&] { units("[mount]\nallow-other = true\n"); }));
}

TEST_F(ProfileUnitNames, AreOfProfilesWithPlainNames) {
  const std::string path = write("home", "[check]\n");
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "cannot be part of a unit's name",
                         [&] { units_for(Profile::load(path), program_, UnitManager::kUser); }));
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, [] { all_units("a b", UnitManager::kUser); }));
}

TEST_F(ProfileUnitNames, HandThePasswordFileOverAsACredential) {
  const ProfileUnits found =
      units("password-file = '50%/word'\n[snapshot]\n[mount]\nmountpoint = '/m'\n");
  ASSERT_EQ(found.drop_ins.size(), 1);
  EXPECT_EQ(found.drop_ins[0].path,
            scratch() / "config/systemd/user/snapfs-run@home.service.d/snapfs.conf");
  EXPECT_THAT(found.drop_ins[0].text,
              HasSubstr("\nLoadCredential=snapfs-password:" + directory() + "/50%%/word\n"));
  EXPECT_EQ(units("password-file = '/p'\n[check]\n", UnitManager::kSystem).drop_ins.at(0).path,
            "/etc/systemd/system/snapfs-check@home.service.d/snapfs.conf");
  EXPECT_THAT(units("password-command = 'x'\n[check]\n").drop_ins, IsEmpty());
  EXPECT_THAT(units("password-file = '/a:b'\n[check]\n").drop_ins, IsEmpty());
}

TEST_F(ProfileUnitNames, GetThePasswordOfWhatTheyDo) {
  const auto credential = [this](const std::string& text) {
    const ProfileUnits found = units(text);
    return found.drop_ins.empty() ? std::string() : found.drop_ins[0].text;
  };
  EXPECT_THAT(credential("password-file = '/a'\n[check]\npassword-file = '/b'\n"),
              HasSubstr("snapfs-password:/b\n"));
  EXPECT_THAT(credential("password-file = '/a'\n[snapshot]\n[forget]\nkeep-last = 1\n"),
              HasSubstr("snapfs-password:/a\n"));
  EXPECT_EQ(credential("password-file = '/a'\n[snapshot]\npassword-file = '/b'\n"), "")
      << "it forgets with another one";
  EXPECT_THAT(credential("[snapshot]\npassword-file = '/b'\n[forget]\npassword-file = '/b'\n"),
              HasSubstr("snapfs-password:/b\n"));
}

TEST_F(ProfileUnitNames, MayMountWhatASourceSnapshotHasToBeMountedFor) {
  const std::string text = "[snapshot]\nsource-snapshot = 'btrfs'\n[check]\n";
  const ProfileUnits found = units(text, UnitManager::kSystem);
  ASSERT_EQ(found.drop_ins.size(), 1) << "of the run alone";
  EXPECT_THAT(found.drop_ins[0].path, HasSubstr("/snapfs-run@home.service.d/"));
  EXPECT_THAT(found.drop_ins[0].text,
              HasSubstr("\nSystemCallFilter=@mount\nRestrictSUIDSGID=false\n"));
  EXPECT_THAT(found.drop_ins[0].text, Not(HasSubstr("/etc/lvm")));
  const ProfileUnits lvm = units("[snapshot]\nsource-snapshot = 'lvm'\n", UnitManager::kSystem);
  EXPECT_THAT(lvm.drop_ins.at(0).text, HasSubstr("\nReadWritePaths=-/etc/lvm/archive "));
  write("frozen", "[snapshot]\nsource-snapshot = 'btrfs'\n");
  EXPECT_THAT(
      units("inherit = 'frozen'\n[snapshot]\nsource-snapshot = 'none'\n", UnitManager::kSystem)
          .drop_ins,
      IsEmpty());
  EXPECT_THAT(units(text, UnitManager::kUser).drop_ins, IsEmpty()) << "is not held to so little";
  EXPECT_THAT(units("[snapshot]\nsource-snapshot = 'none'\n", UnitManager::kSystem).drop_ins,
              IsEmpty());
}

}  // namespace
}  // namespace snapfs
