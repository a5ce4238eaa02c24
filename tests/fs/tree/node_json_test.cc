// Nodes as JSON, byte for byte (FORMAT §10, Appendix A.3).
#include "fs/tree/node_json.h"

#include <sys/stat.h>

#include <limits>

#include <gtest/gtest.h>

#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

const Id kHello = *Id::parse("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");

Timestamp time_of(std::string_view text) { return parse_rfc3339(text).value().instant; }

std::string json_of(const Node& node) {
  std::string out;
  append_node_json(out, node, TimeZone());
  return out;
}

Node node_at_epoch(std::string name, NodeType type, std::uint32_t permissions) {
  Node node;
  node.name = std::move(name);
  node.type = type;
  node.permissions = permissions;
  return node;
}

/// What every node at the epoch has after its mode.
const std::string kTimesAndOwner =
    R"("mtime":"1970-01-01T00:00:00Z","atime":"1970-01-01T00:00:00Z",)"
    R"("ctime":"1970-01-01T00:00:00Z","uid":0,"gid":0)";

TEST(NodeJson, Directory) {
  Node node = node_at_epoch("tmp", NodeType::kDirectory, 01777);
  node.mtime = node.atime = node.ctime = time_of("2026-11-22T23:38:57.675255663Z");
  node.user = node.group = "root";
  node.inode = 247066;
  node.device_id = 65024;
  node.subtree = Id::parse("3366220b54d52a69e5b0812005e2239ad85b4b19f9109f9fc78da4da9b1310d1");
  EXPECT_EQ(
      json_of(node),
      R"({"name":"tmp","type":"dir","mode":2148532735,"mtime":"2026-11-22T23:38:57.675255663Z",)"
      R"("atime":"2026-11-22T23:38:57.675255663Z","ctime":"2026-11-22T23:38:57.675255663Z",)"
      R"("uid":0,"gid":0,"user":"root","group":"root","inode":247066,"device_id":65024,)"
      R"("content":null,)"
      R"("subtree":"3366220b54d52a69e5b0812005e2239ad85b4b19f9109f9fc78da4da9b1310d1"})");
}

TEST(NodeJson, FileWithoutPermissions) {
  Node node = node_at_epoch("mode0000", NodeType::kFile, 0);
  node.mtime = node.atime = node.ctime = time_of("2026-11-22T23:38:57.790964962Z");
  node.user = node.group = "root";
  node.inode = 11075702;
  node.device_id = 65024;
  node.size = 6;
  node.links = 1;
  node.content = {kHello};
  EXPECT_EQ(json_of(node),
            R"({"name":"mode0000","type":"file","mtime":"2026-11-22T23:38:57.790964962Z",)"
            R"("atime":"2026-11-22T23:38:57.790964962Z","ctime":"2026-11-22T23:38:57.790964962Z",)"
            R"("uid":0,"gid":0,"user":"root","group":"root","inode":11075702,"device_id":65024,)"
            R"("size":6,"links":1,)"
            R"("content":["5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"]})");
}

TEST(NodeJson, EmptyFile) {
  Node node = node_at_epoch("bell\a\b\v\f\x1b", NodeType::kFile, 0644);
  node.links = 1;
  EXPECT_EQ(json_of(node), R"({"name":"bell\\a\\b\\v\\f\\x1b","type":"file","mode":420,)" +
                               kTimesAndOwner + R"(,"links":1,"content":[]})");
}

TEST(NodeJson, BlockDevice) {
  Node node = node_at_epoch("blk", NodeType::kBlockDevice, 0640);
  node.inode = 11075889;
  node.device_id = 65024;
  node.links = 1;
  node.device = 1227949024;
  EXPECT_EQ(
      json_of(node),
      R"({"name":"blk","type":"dev","mode":67109280,)" + kTimesAndOwner +
          R"(,"inode":11075889,"device_id":65024,"links":1,"device":1227949024,"content":null})");
}

TEST(NodeJson, CharDevice) {
  Node node = node_at_epoch("chr", NodeType::kCharDevice, 0640);
  node.device = 1281;
  EXPECT_EQ(json_of(node), R"({"name":"chr","type":"chardev","mode":69206432,)" + kTimesAndOwner +
                               R"(,"device":1281,"content":null})");
}

TEST(NodeJson, Fifo) {
  Node node = node_at_epoch("fifo", NodeType::kFifo, 0644);
  node.inode = 11075858;
  node.device_id = 65024;
  EXPECT_EQ(json_of(node), R"({"name":"fifo","type":"fifo","mode":33554852,)" + kTimesAndOwner +
                               R"(,"inode":11075858,"device_id":65024,"content":null})");
}

TEST(NodeJson, SymlinkWithATargetThatIsNotUtf8) {
  Node node = node_at_epoch("symbad", NodeType::kSymlink, 0777);
  node.links = 1;
  node.link_target = "bad\xff\xfetarget";
  EXPECT_EQ(json_of(node), R"({"name":"symbad","type":"symlink","mode":134218239,)" +
                               kTimesAndOwner +
                               R"(,"links":1,"linktarget":"bad\ufffd\ufffdtarget",)"
                               R"("linktarget_raw":"YmFk//50YXJnZXQ=","content":null})");
}

TEST(NodeJson, SymlinkTargetsAreNotGoQuoted) {
  Node node = node_at_epoch("s", NodeType::kSymlink, 0777);
  node.link_target = "a\u00a0\\\"\v<";
  EXPECT_EQ(json_of(node),
            R"({"name":"s","type":"symlink","mode":134218239,)" + kTimesAndOwner +
                ",\"linktarget\":\"a\u00a0\\\\\\\"\\u000b\\u003c\",\"content\":null}");
}

TEST(NodeJson, ExtendedAttributesKeepTheirOrder) {
  Node node = node_at_epoch("xattr", NodeType::kFile, 0644);
  node.extended_attributes = {
      {"user.b", {}}, {"user.a", {0x00, 0xff, 0x3c, 0x3e}}, {"user.n<\xff\"", {'v'}}};
  node.content = {kHello, kHello};
  EXPECT_EQ(json_of(node),
            R"({"name":"xattr","type":"file","mode":420,)" + kTimesAndOwner +
                R"(,"extended_attributes":[{"name":"user.b","value":""},)"
                R"({"name":"user.a","value":"AP88Pg=="},)"
                R"({"name":"user.n\u003c\ufffd\"","value":"dg=="}],"content":[)"
                R"("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",)"
                R"("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"]})");
}

TEST(NodeJson, UnknownOwnersAndLargestNumbers) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  Node node = node_at_epoch("uid", NodeType::kFile, 07777);
  node.uid = 12345;
  node.gid = 4294967295;
  node.inode = node.device_id = node.size = node.links = kMax;
  EXPECT_EQ(json_of(node),
            R"({"name":"uid","type":"file","mode":13631999,"mtime":"1970-01-01T00:00:00Z",)"
            R"("atime":"1970-01-01T00:00:00Z","ctime":"1970-01-01T00:00:00Z",)"
            R"("uid":12345,"gid":4294967295,"inode":18446744073709551615,)"
            R"("device_id":18446744073709551615,"size":18446744073709551615,)"
            R"("links":18446744073709551615,"content":[]})");
}

TEST(NodeJson, NamesAreQuotedTwice) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"plain-1.txt ~", R"("plain-1.txt ~")"},
      {"q\"uote", R"("q\\\"uote")"},
      {"back\\slash", R"("back\\\\slash")"},
      {"bad\xff\xc3", R"("bad\\xff\\xc3")"},
      {"new\nline", R"("new\\nline")"},
      {"\u00a0", R"("\\u00a0")"},
      {"\u2028", R"("\\u2028")"},
      {"\U000e0000", R"("\\U000e0000")"},
      {"lt<gt>amp&", R"("lt\u003cgt\u003eamp\u0026")"},
      {"\x7f", R"("\\x7f")"},
      {"\u00fcml\u00e4ut\ufffd", "\"\u00fcml\u00e4ut\ufffd\""},
  };
  for (const auto& [name, quoted] : cases) {
    const std::string json = json_of(node_at_epoch(std::string(name), NodeType::kFile, 0));
    EXPECT_TRUE(json.starts_with("{\"name\":" + std::string(quoted) + ",\"type\"")) << json;
  }
}

TEST(NodeJson, TimesHaveTheZonesOffset) {
  const TimeZone berlin = TimeZone::named("Europe/Berlin");
  if (berlin.offset_at(0) == 0) GTEST_SKIP() << "no zone files on this system";
  Node node = node_at_epoch("a", NodeType::kFile, 0);
  node.mtime = time_of("2026-11-22T23:38:57.790941611Z");
  node.atime = time_of("2026-07-22T23:38:57.786738793Z");
  std::string out;
  append_node_json(out, node, berlin);
  EXPECT_NE(out.find(R"("mtime":"2026-11-23T00:38:57.790941611+01:00",)"
                     R"("atime":"2026-07-23T01:38:57.786738793+02:00",)"
                     R"("ctime":"1970-01-01T01:00:00+01:00")"),
            std::string::npos)
      << out;
}

TEST(NodeJson, IsAppended) {
  std::string out = "x";
  append_node_json(out, node_at_epoch("a", NodeType::kFile, 0), TimeZone());
  EXPECT_TRUE(out.starts_with("x{")) << out;
}

TEST(GoMode, TurnsTypesAndFlagsIntoBits) {
  EXPECT_EQ(go_mode(NodeType::kFile, 0644), 420U);
  EXPECT_EQ(go_mode(NodeType::kDirectory, 0755), 2147484141U);
  EXPECT_EQ(go_mode(NodeType::kDirectory, 01777), 2148532735U);
  EXPECT_EQ(go_mode(NodeType::kSymlink, 0777), 134218239U);
  EXPECT_EQ(go_mode(NodeType::kFifo, 0644), 33554852U);
  EXPECT_EQ(go_mode(NodeType::kCharDevice, 0640), 69206432U);
  EXPECT_EQ(go_mode(NodeType::kBlockDevice, 0640), 67109280U);
  EXPECT_EQ(go_mode(NodeType::kSocket, 0), 16777216U);
  EXPECT_EQ(go_mode(NodeType::kIrregular, 0), 524288U);
  EXPECT_EQ(go_mode(NodeType::kFile, 04755), 8389101U);
  EXPECT_EQ(go_mode(NodeType::kFile, 02755), 4194797U);
  EXPECT_EQ(go_mode(NodeType::kFile, 01644), 1048996U);
}

TEST(GoMode, GivesThePermissionsBack) {
  for (std::uint32_t permissions = 0; permissions <= 07777; ++permissions) {
    for (const NodeType type : {NodeType::kFile, NodeType::kDirectory, NodeType::kCharDevice}) {
      ASSERT_EQ(permissions_of_go_mode(go_mode(type, permissions)), permissions);
    }
  }
}

TEST(NodeType, HasANameAndTypeBits) {
  const std::tuple<NodeType, std::string_view, std::uint32_t> cases[] = {
      {NodeType::kFile, "file", S_IFREG},          {NodeType::kDirectory, "dir", S_IFDIR},
      {NodeType::kSymlink, "symlink", S_IFLNK},    {NodeType::kBlockDevice, "dev", S_IFBLK},
      {NodeType::kCharDevice, "chardev", S_IFCHR}, {NodeType::kFifo, "fifo", S_IFIFO},
      {NodeType::kSocket, "socket", S_IFSOCK}};
  for (const auto& [type, name, bits] : cases) {
    EXPECT_EQ(type_name(type), name);
    EXPECT_EQ(type_of_name(name), type);
    EXPECT_EQ(file_type_bits(type), bits);
    EXPECT_EQ(node_type_of(bits | 0644), type);
  }
  EXPECT_EQ(type_name(NodeType::kIrregular), "irregular");
  EXPECT_EQ(type_of_name("door"), NodeType::kIrregular);
  EXPECT_EQ(file_type_bits(NodeType::kIrregular), static_cast<std::uint32_t>(S_IFREG));
  EXPECT_EQ(node_type_of(0), NodeType::kIrregular);
}

}  // namespace
}  // namespace snapfs
