// Snapshots of file systems as far as no real one is needed: their names, which of them are wanted,
// and the programs of LVM and ZFS, in whose place scripts write down what they were asked.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archiver/freeze/freezer.h"
#include "archiver/freeze/frozen_name.h"
#include "archiver/freeze/lvm_freezer.h"
#include "archiver/freeze/plan.h"
#include "archiver/freeze/program_output.h"
#include "archiver/freeze/zfs_freezer.h"
#include "fs/base/process_table.h"
#include "tests/support/fails_with.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::fails_with;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

bool everything(const std::string& /*path*/) { return true; }

MountEntry mount(const std::string& path, const std::string& type, const std::string& source) {
  MountEntry entry;
  entry.path = path;
  entry.root = "/";
  entry.type = type;
  entry.source = source;
  return entry;
}

/// Of a process that there is not, in our PID namespace.
std::string dead_name() {
  return fmt::format("{}{}-999999999-1-0", kFrozenPrefix, pid_namespace());
}

TEST(FrozenName, TellsWhetherItsProcessLives) {
  EXPECT_FALSE(is_left_behind(frozen_name(3)));
  std::string earlier = frozen_name(3);
  const std::size_t start = earlier.rfind('-', earlier.rfind('-') - 1) + 1;
  earlier.insert(start, "1");  // of the same number, but started at another time
  EXPECT_TRUE(is_left_behind(earlier));
  EXPECT_TRUE(is_left_behind(dead_name()));
  EXPECT_FALSE(is_left_behind("snapfs-frozen-7-999999999-1-0")) << "of another PID namespace";
}

TEST(FrozenName, NobodyElsesNamesAreOurs) {
  for (const std::string& name :
       {std::string(), std::string(kFrozenPrefix), dead_name() + "x", dead_name() + "-0",
        "my-" + dead_name(), std::string("home"), std::string("snapfs-frozen-1-a-b-c"),
        dead_name().substr(0, dead_name().size() - 2),
        dead_name().insert(kFrozenPrefix.size(), "-")}) {
    EXPECT_FALSE(is_left_behind(name)) << name;
  }
}

TEST(ProgramOutput, IsReadWhatComesInTheOtherPipe) {
  const std::string output = program_output(
      {"/bin/sh", "-c",
       "i=0; while [ $i -lt 20000 ]; do echo 1234567 >&2; i=$((i+1)); done; echo done"});
  EXPECT_EQ(output, "done\n");
}

TEST(ProgramOutput, AFailureIsTheLastLineOfWhatWasSaid) {
  EXPECT_TRUE(fails_with(ErrorCode::kIo, "/bin/sh failed with status 5: no room", [] {
    program_output({"/bin/sh", "-c", "echo first >&2; echo '  no room ' >&2; exit 5"});
  }));
}

TEST(ProgramOutput, HasLinesAndFields) {
  EXPECT_THAT(lines_of("  a\n\n b c \n"), ElementsAre("a", "b c"));
  EXPECT_THAT(fields_of("vg,home,", ','), ElementsAre("vg", "home", ""));
}

LocatedTarget target(const MountEntry& mount) { return {mount.path, mount.path, mount, true}; }

TEST(PlanFreeze, SaysWhatToDoInstead) {
  const auto refused = [](FreezeKind kind, const MountEntry& mount, std::string_view words) {
    return fails_with(ErrorCode::kUnsupported, words,
                      [&] { plan_freeze(kind, {target(mount)}, {mount}, everything); });
  };
  const MountEntry ext4 = mount("/home", "ext4", "/dev/sda1");
  const MountEntry btrfs = mount("/home", "btrfs", "/dev/sda1");
  EXPECT_TRUE(refused(FreezeKind::kBtrfs, ext4,
                      "/home is on ext4 (/dev/sda1), not on Btrfs: say --source-snapshot lvm"));
  EXPECT_TRUE(refused(FreezeKind::kZfs, btrfs, "say --source-snapshot btrfs"));
  EXPECT_TRUE(refused(FreezeKind::kLvm, btrfs, "say --source-snapshot btrfs"));
  EXPECT_TRUE(refused(FreezeKind::kLvm, mount("/home", "zfs", "tank"), "--source-snapshot zfs"));
  EXPECT_TRUE(
      refused(FreezeKind::kLvm, mount("/mnt", "nfs4", "server:/x"), "--source-snapshot none"));
}

TEST(PlanFreeze, NamesWhatIsBelowATargetAndCannotBeFrozen) {
  const MountEntry home = mount("/home", "btrfs", "/dev/sda1");
  const std::vector<MountEntry> mounts{
      home, mount("/home/nfs", "nfs4", "server:/x"), mount("/home/tmp", "tmpfs", "tmpfs"),
      mount("/home/secret", "ext4", "/dev/sdb"), mount("/homes", "ext4", "/dev/sdc")};
  const FreezePlan plan = plan_freeze(FreezeKind::kBtrfs, {target(home)}, mounts,
                                      [](const auto& path) { return path != "/home/secret"; });
  EXPECT_EQ(plan.wishes.size(), 1U);
  EXPECT_THAT(plan.left_as_is, ElementsAre("/home/nfs"));
}

/// Scripts in the place of programs.
class StandInTest : public ::testing::Test {
 protected:
  void stand_in(const std::string& name, std::string_view script) {
    const std::string path = programs_.write(
        name, fmt::format("#!/bin/sh\necho \"{} $*\" >> {}\n{}\n", name, log_, script));
    ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  }

  std::vector<std::string> asked() const {
    std::ifstream file(log_);
    return lines_of(std::string(std::istreambuf_iterator<char>(file), {}));
  }

  test::TemporaryDirectory programs_;
  test::TemporaryDirectory data_;
  std::string log_ = data_ / "log";
  test::ScopedVariable path_{"PATH",
                             programs_.path().string() + ":" + std::string(std::getenv("PATH"))};
};

class ZfsFreezerTest : public StandInTest {
 protected:
  ZfsFreezerTest() {
    data_.write("home/file", "old");
    data_.write("mail/file", "old");
    stand_in("zfs", fmt::format(R"(
cd {} || exit 1
case $1 in
  list) for i; do :; done; echo "$i@daily"; echo "$i@{}";;
  snapshot) shift; for i; do d=${{i%@*}}; d=${{d#tank/}}
    mkdir -p $d/.zfs/snapshot/${{i#*@}} && cp $d/file $d/.zfs/snapshot/${{i#*@}}; done;;
esac)",
                                data_.path().string(), dead_name()));
    mounts_ = {mount(data_ / "home", "zfs", "tank/home"),
               mount(data_ / "mail", "zfs", "tank/mail")};
    mounts_[1].device_minor = 9;
  }

  std::vector<FreezeWish> wishes() const {
    return {{mounts_[0], mounts_[0].path, true}, {mounts_[1], mounts_[1].path, true}};
  }

  std::vector<MountEntry> mounts_;
};

TEST_F(ZfsFreezerTest, ReadsWhatItHadSnapshotted) {
  const std::string name = frozen_name(0);
  {
    ZfsFreezer freezer(mounts_);
    const FrozenSystems systems = freezer.freeze(wishes(), everything, {});
    ASSERT_EQ(systems.roots.size(), 2U);
    EXPECT_EQ(::faccessat(systems.roots[0].directory.get(), "file", R_OK, 0), 0);
    EXPECT_EQ(systems.roots[1].device, 9U);
    EXPECT_THAT(systems.taken, ElementsAre(data_ / "home", data_ / "mail"));
    EXPECT_THAT(systems.leftovers,
                ElementsAre("tank/home@" + dead_name(), "tank/mail@" + dead_name()));
  }
  EXPECT_THAT(asked(),
              ElementsAre("zfs list -H -t snapshot -o name -d 1 tank/home",
                          "zfs destroy tank/home@" + dead_name(),
                          "zfs list -H -t snapshot -o name -d 1 tank/mail",
                          "zfs destroy tank/mail@" + dead_name(),
                          fmt::format("zfs snapshot tank/home@{0} tank/mail@{0}", name),
                          "zfs destroy tank/home@" + name, "zfs destroy tank/mail@" + name));
}

TEST_F(ZfsFreezerTest, NamesWhatItCannotRemove) {
  ZfsFreezer freezer(mounts_);
  freezer.freeze(wishes(), everything, {});
  stand_in("zfs", "echo 'dataset is busy' >&2; exit 1");
  const std::vector<std::string> problems = freezer.remove();
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems.front(), HasSubstr("tank/home@snapfs-frozen-"));
  EXPECT_THAT(problems.front(), HasSubstr("dataset is busy"));
  EXPECT_THAT(freezer.remove(), IsEmpty());
}

TEST_F(ZfsFreezerTest, ABindMountHasNoSnapshots) {
  mounts_[0].root = "/below";
  ZfsFreezer freezer(mounts_);
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "tank/home, in which",
                         [&] { freezer.freeze(wishes(), everything, {}); }));
}

TEST_F(ZfsFreezerTest, WhatIsNoTargetIsLeftAsItIsWhenItCannotBeFrozen) {
  std::vector<FreezeWish> wished = wishes();
  wished[1].required = false;
  mounts_[1].root = "/below";
  ZfsFreezer of_bind_mount(mounts_);
  const FrozenSystems without = of_bind_mount.freeze(wished, everything, {});
  EXPECT_THAT(without.taken, ElementsAre(data_ / "home"));
  EXPECT_THAT(without.left_as_is, ElementsAre(data_ / "mail"));
  EXPECT_THAT(without.failures, ElementsAre(HasSubstr("not mounted as a whole")));

  mounts_[1].root = "/";
  stand_in("zfs", fmt::format(R"(
[ "$1" = snapshot ] || exit 0
case "$*" in *tank/mail*) echo 'out of space' >&2; exit 1;; esac
mkdir -p {}/home/.zfs/snapshot/"${{2#*@}}")",
                              data_.path().string()));
  ZfsFreezer of_full_dataset(mounts_);
  const FrozenSystems some = of_full_dataset.freeze(wished, everything, {});
  EXPECT_THAT(some.taken, ElementsAre(data_ / "home"));
  EXPECT_THAT(some.left_as_is, ElementsAre(data_ / "mail"));
  EXPECT_THAT(some.failures,
              ElementsAre(AllOf(HasSubstr("mail is read as it is"), HasSubstr("out of space"))));
  wished[1].required = true;
  ZfsFreezer of_all(mounts_);
  EXPECT_TRUE(
      fails_with(ErrorCode::kIo, "out of space", [&] { of_all.freeze(wished, everything, {}); }));
}

TEST_F(StandInTest, AVolumeGroupWithoutRoomIsAFailureOfTargetsAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "must be root";
  stand_in("lvs", "case \"$*\" in *pool_lv*) echo '  group,home,';; esac");
  stand_in("lvcreate", "echo 'insufficient free space' >&2; exit 5");
  const MountEntry below = mount("/home", "ext4", "/dev/group/home");
  LvmFreezer freezer("");
  EXPECT_TRUE(fails_with(ErrorCode::kIo, "insufficient free space", [&] {
    freezer.freeze({{below, "/home", true}}, everything, {});
  }));
  MountEntry again = below;
  again.path = "/again";
  LvmFreezer other("");
  const FrozenSystems systems =
      other.freeze({{below, "/home", false}, {again, "/again", false}}, everything, {});
  EXPECT_THAT(systems.left_as_is, ElementsAre("/home", "/again"));
  EXPECT_THAT(systems.failures, ElementsAre(HasSubstr("insufficient free space")));
}

TEST_F(StandInTest, AVolumeThatIsNoneOfLvmIsSaidToBeSo) {
  if (::geteuid() != 0) GTEST_SKIP() << "must be root";
  stand_in("lvs", "echo '  Failed to find logical volume \"sda1\"' >&2; exit 5");
  const MountEntry plain = mount("/boot", "ext4", "/dev/sda1");
  LvmFreezer freezer("");
  EXPECT_TRUE(fails_with(ErrorCode::kIo, "/boot is on /dev/sda1, which lvs does not know", [&] {
    freezer.freeze({{plain, "/boot", true}}, everything, {});
  }));
  LvmFreezer other("");
  EXPECT_THAT(other.freeze({{plain, "/boot", false}}, everything, {}).left_as_is,
              ElementsAre("/boot"));
}

}  // namespace
}  // namespace snapfs
