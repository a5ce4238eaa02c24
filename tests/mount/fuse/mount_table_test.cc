// The kernel's table of mounts, and places in it.
#include "mount/fuse/mount_table.h"

#include <gtest/gtest.h>

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

TEST(MountTable, PlacesBelow) {
  EXPECT_TRUE(is_at_or_below("/mnt", "/mnt"));
  EXPECT_TRUE(is_at_or_below("/mnt/a", "/mnt"));
  EXPECT_TRUE(is_at_or_below("/mnt", "/"));
  EXPECT_FALSE(is_at_or_below("/mnt2", "/mnt"));
  EXPECT_FALSE(is_at_or_below("/", "/mnt"));
}

}  // namespace
}  // namespace snapfs
