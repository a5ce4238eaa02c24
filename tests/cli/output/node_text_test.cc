#include "cli/output/node_text.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(NodeTextTest, ModesAreWrittenAsGoWritesThem) {
  EXPECT_EQ(mode_text(NodeType::kFile, 0644), "-rw-r--r--");
  EXPECT_EQ(mode_text(NodeType::kFile, 0), "----------");
  EXPECT_EQ(mode_text(NodeType::kDirectory, 0755), "drwxr-xr-x");
  EXPECT_EQ(mode_text(NodeType::kDirectory, 01777), "dtrwxrwxrwx");
  EXPECT_EQ(mode_text(NodeType::kFile, 07711), "ugtrwx--x--x");
  EXPECT_EQ(mode_text(NodeType::kSymlink, 0777), "Lrwxrwxrwx");
  EXPECT_EQ(mode_text(NodeType::kBlockDevice, 0640), "Drw-r-----");
  EXPECT_EQ(mode_text(NodeType::kCharDevice, 0666), "Dcrw-rw-rw-");
  EXPECT_EQ(mode_text(NodeType::kFifo, 0600), "prw-------");
}

TEST(NodeTextTest, LongLinesHaveTheColumnsOfRestic) {
  Node node;
  node.permissions = 0600;
  node.uid = 7;
  node.gid = 12345;
  node.size = 2048;
  const std::string line = long_line(node, "/a", "", SizeStyle::kBytes);
  EXPECT_TRUE(line.starts_with("-rw-------     7 12345   2048 19")) << line;
  EXPECT_TRUE(line.ends_with(" /a")) << line;
  EXPECT_NE(long_line(node, "/a", "", SizeStyle::kHuman).find(" 2.000 KiB "), std::string::npos);
  node.type = NodeType::kSymlink;
  EXPECT_TRUE(long_line(node, "/a", "b", SizeStyle::kBytes).ends_with(" /a -> b"));
}

}  // namespace
}  // namespace snapfs
