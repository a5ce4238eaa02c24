// The kernel's table of mounts, and places in it.
#include "fs/base/mount_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "fs/base/file.h"

namespace snapfs {
namespace {

constexpr std::string_view kTable =
    "22 1 8:1 / / rw,relatime shared:1 master:2 - ext4 /dev/sda1 rw\n"
    "40 22 0:39 / /mnt/with\\040blank ro,nosuid - fuse.snapfs snapfs:12 "
    "ro,user_id=1000,group_id=5\n"
    "a line of another kind\n"
    "41 22 0:40 / /mnt ro - fuse.snapfs snapfs:34 ro,user_id=0\n"
    "42 41 0:41 / /mnt rw - tmpfs tmpfs rw\n";

TEST(MountTable, IsParsed) {
  const std::vector<MountEntry> table = parse_mount_table(kTable);
  ASSERT_EQ(table.size(), 4U);
  EXPECT_EQ(table[0].type, "ext4");
  EXPECT_EQ(table[0].id, 22U);
  EXPECT_EQ(table[0].root, "/");
  EXPECT_FALSE(table[0].user.has_value());
  EXPECT_EQ(table[1].path, "/mnt/with blank");
  EXPECT_TRUE(table[1].is_snapfs());
  EXPECT_EQ(table[1].source, "snapfs:12");
  EXPECT_EQ(table[1].device_minor, 39U);
  EXPECT_EQ(table[1].user, 1000U);
}

TEST(MountTable, TheTopmostMountIsFound) {
  const std::vector<MountEntry> table = parse_mount_table(kTable);
  ASSERT_TRUE(find_mount(table, "/mnt"));
  EXPECT_EQ(find_mount(table, "/mnt")->type, "tmpfs");
  EXPECT_FALSE(find_mount(table, "/mnt/"));
}

TEST(MountTable, APathIsFoundInItsFileSystemAndBack) {
  MountEntry mount;
  mount.path = "/srv/data";
  mount.root = "/@home/me";
  EXPECT_EQ(path_in_file_system(mount, "/srv/data"), "/@home/me");
  EXPECT_EQ(path_in_file_system(mount, "/srv/data/a/b"), "/@home/me/a/b");
  EXPECT_FALSE(path_in_file_system(mount, "/srv/database"));
  EXPECT_EQ(path_in_mount(mount, "/@home/me/a"), "/srv/data/a");
  EXPECT_EQ(path_in_mount(mount, "/@home/me"), "/srv/data");
  EXPECT_FALSE(path_in_mount(mount, "/@home/you"));
  mount.path = mount.root = "/";
  EXPECT_EQ(path_in_file_system(mount, "/a"), "/a");
  EXPECT_EQ(path_in_mount(mount, "/"), "/");
}

TEST(MountTable, ADescriptorHasItsMount) {
  const UniqueFd fd(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto mount = mount_of_descriptor(read_mount_table(), fd.get());
  ASSERT_TRUE(mount);
  EXPECT_EQ(mount->type, "proc");
  EXPECT_EQ(path_of_descriptor(fd.get()), "/proc/" + std::to_string(::getpid()));
}

TEST(MountTable, PlacesBelow) {
  EXPECT_TRUE(is_at_or_below("/mnt", "/mnt"));
  EXPECT_TRUE(is_at_or_below("/mnt/a", "/mnt"));
  EXPECT_TRUE(is_at_or_below("/mnt", "/"));
  EXPECT_FALSE(is_at_or_below("/mnt2", "/mnt"));
  EXPECT_FALSE(is_at_or_below("/", "/mnt"));
}

}  // namespace
}  // namespace snapfs
