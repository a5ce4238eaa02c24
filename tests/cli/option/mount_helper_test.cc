// What mount(8) says, as arguments of the mount command.
#include "cli/option/mount_helper.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command/commands.h"
#include "cli/option/global_options.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Arguments = std::vector<std::string>;

class MountHelper : public ::testing::Test {
 protected:
  MountHelperCall parse(Arguments arguments) {
    arguments.insert(arguments.begin(), "/sbin/mount.snapfs");
    return parse_mount_helper(arguments, program_);
  }

  std::string refusal(Arguments arguments) {
    try {
      parse(std::move(arguments));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return error.what();
    }
    return {};
  }

  GlobalOptions options_;
  Command program_ = program_command(options_);
};

TEST_F(MountHelper, IsKnownByItsName) {
  EXPECT_TRUE(is_mount_helper({"/usr/sbin/mount.snapfs"}));
  EXPECT_TRUE(is_mount_helper({"mount.snapfs"}));
  EXPECT_TRUE(is_mount_helper({"/sbin/mount.fuse.snapfs"}));
  EXPECT_FALSE(is_mount_helper({"/mount.snapfs/snapfs"}));
  EXPECT_FALSE(is_mount_helper({}));
}

TEST_F(MountHelper, TellsOfItself) {
  EXPECT_THAT(parse({"-h"}).help, HasSubstr("REPOSITORY MOUNTPOINT"));
  EXPECT_THAT(parse({"/r", "/m", "--help"}).help, HasSubstr("no-lock"));
  EXPECT_THAT(parse({"-V"}).arguments, ElementsAre("version"));
}

TEST_F(MountHelper, OptionsBecomeTheCommandsOwn) {
  const MountHelperCall call =
      parse({"/r", "/m", "-o", "rw,password-file=/p,allow_other,noexec,retry_lock=5m"});
  EXPECT_THAT(call.arguments, ElementsAre("mount", "--background", "--repo=/r", "--fsname=/r",
                                          "--quiet", "--password-file=/p", "--allow-other",
                                          "--no-exec", "--retry-lock=5m", "--", "/m"));
  EXPECT_FALSE(call.pretend);
}

TEST_F(MountHelper, TheTableOfMountsShowsNoPassword) {
  const MountHelperCall call = parse({"rest:http://me:secret@h/r", "/m"});
  EXPECT_EQ(call.arguments.at(2), "--repo=rest:http://me:secret@h/r");
  EXPECT_EQ(call.arguments.at(3), "--fsname=rest:http://me:***@h/r");
  EXPECT_EQ(parse({"/srv/a:b@c", "/m"}).arguments.at(3), "--fsname=/srv/a:b@c");
}

TEST_F(MountHelper, WhatIsMeantForOthersIsLeftOut) {
  const MountHelperCall call = parse(
      {"/r", "/m", "-v", "-o",
       "ro,noauto,nofail,user,_netdev,nosuid,nodev,noatime,x-systemd.automount,X-mount.mkdir"});
  EXPECT_THAT(call.arguments,
              ElementsAre("mount", "--background", "--repo=/r", "--fsname=/r", "--", "/m"));
}

TEST_F(MountHelper, QuotedValuesKeepTheirCommas) {
  const MountHelperCall call = parse({"/r", "/m", "-o", "path-template=\"a,%i\",allow_other"});
  EXPECT_THAT(call.arguments, ::testing::Contains("--path-template=a,%i"));
  EXPECT_THAT(call.arguments, ::testing::Contains("--allow-other"));
}

TEST_F(MountHelper, AnythingElseIsRefused) {
  EXPECT_THAT(refusal({"/r", "/m", "-o", "passwd=/p"}), HasSubstr("no option \"passwd\""));
  EXPECT_THAT(refusal({"/r", "/m", "-o", "password-file"}), HasSubstr("needs a value"));
  EXPECT_THAT(refusal({"/r", "/m", "-o", "allow_other=1"}), HasSubstr("takes no value"));
  EXPECT_THAT(refusal({"/r", "/m", "-o", "remount,ro"}), HasSubstr("unmount it"));
  EXPECT_THAT(refusal({"/r", "/m", "-o", "repo=/other"}), HasSubstr("no option \"repo\""));
  EXPECT_THAT(refusal({"/r", "/m", "--halp"}), HasSubstr("--halp"));
  EXPECT_THAT(refusal({"/r", "/m", "-N", "/proc/1/ns/mnt"}), HasSubstr("namespaces"));
  EXPECT_THAT(refusal({"/r"}), HasSubstr("usage"));
  EXPECT_THAT(refusal({"/r", "/m", "-o"}), HasSubstr("needs a value"));
}

TEST_F(MountHelper, SloppyIgnoresWhatIsUnknown) {
  EXPECT_THAT(
      parse({"/r", "/m", "-sn", "-o", "passwd=/p"}).arguments,
      ElementsAre("mount", "--background", "--repo=/r", "--fsname=/r", "--quiet", "--", "/m"));
  EXPECT_TRUE(parse({"/r", "/m", "-f"}).pretend);
}

}  // namespace
}  // namespace snapfs
