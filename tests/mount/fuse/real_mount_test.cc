// What programs see through the kernel. Skipped where nothing can be mounted.
#include "tests/mount/fuse/real_mount.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/base/file.h"

namespace snapfs::test {
namespace {

using ::testing::ElementsAre;

std::string read_whole(const std::string& path) {
  const Bytes bytes = read_file(path, 1 << 30);
  return std::string(as_text(bytes));
}

TEST_F(RealMount, ShowsTheLayout) {
  maker().add_snapshot(maker().add_tree({}), kTime, "alpha", {"tag"});
  mounted_.mount();
  Directory root(mounted_.path());
  EXPECT_THAT(names(root.rest()), ElementsAre(".", "..", "at", "changed", "hosts", "ids", "paths",
                                              "snapshots", "tags", "versions"));
  Directory snapshots(mounted_.path("hosts/alpha"));
  EXPECT_THAT(names(snapshots.rest()), ElementsAre(".", "..", std::string(kName), "latest"));
  std::array<char, 64> target{};
  ASSERT_GT(::readlink(mounted_.path("tags/tag/latest").c_str(), target.data(), target.size()), 0);
  EXPECT_EQ(std::string(target.data()), kName);
  EXPECT_EQ(stat_of(mounted_.path("tags/tag/latest/")).st_ino,
            stat_of(mounted_.path("tags/tag/" + std::string(kName))).st_ino);
}

TEST_F(RealMount, StatShowsAllMetadata) {
  Node file = maker().make_file("file", {"12345"});
  file.permissions = 04751;
  file.mtime = {-1, 500'000'000};
  file.atime = {253'402'300'799, 999'999'999};
  file.ctime = {4'102'444'800, 1};
  file.uid = 4'000'000'000;
  file.gid = 65'536;
  Node block = make_node("block", NodeType::kBlockDevice);
  block.device = 1'227'949'024;
  Node character = make_node("char", NodeType::kCharDevice);
  character.device = makedev(4095, 1'048'575);
  Node fifo = make_node("fifo", NodeType::kFifo);
  fifo.links = 0;
  mount({file, block, character, fifo, make_symlink("link", "some/target"),
         make_directory("directory", maker().add_tree({}))});

  const struct stat status = stat_of(path("file"));
  EXPECT_EQ(status.st_mode, S_IFREG | 04751U);
  EXPECT_EQ(status.st_size, 5);
  EXPECT_EQ(status.st_blocks, 1);
  EXPECT_EQ(status.st_nlink, 1U);
  EXPECT_EQ(status.st_uid, 4'000'000'000U);
  EXPECT_EQ(status.st_gid, 65'536U);
  EXPECT_EQ(Timestamp::from(status.st_mtim), file.mtime);
  EXPECT_EQ(Timestamp::from(status.st_atim), file.atime);
  EXPECT_EQ(Timestamp::from(status.st_ctim), file.ctime);
  EXPECT_EQ(status.st_blksize, 1 << 20);
  EXPECT_EQ(stat_of(path("block")).st_rdev, makedev(259, 300'000));
  EXPECT_TRUE(S_ISBLK(stat_of(path("block")).st_mode));
  EXPECT_EQ(stat_of(path("char")).st_rdev, makedev(4095, 1'048'575));
  EXPECT_TRUE(S_ISCHR(stat_of(path("char")).st_mode));
  EXPECT_TRUE(S_ISFIFO(stat_of(path("fifo")).st_mode));
  EXPECT_EQ(stat_of(path("fifo")).st_nlink, 1U);
  EXPECT_EQ(stat_of(path("link")).st_size, 11);
  EXPECT_TRUE(S_ISLNK(stat_of(path("link")).st_mode));
  EXPECT_TRUE(S_ISDIR(stat_of(path("directory")).st_mode));
  EXPECT_EQ(error_of([&] { return ::access(path("absent").c_str(), F_OK); }), ENOENT);
  EXPECT_EQ(error_of([&] { return ::access(path("absent").c_str(), F_OK); }), ENOENT);
}

TEST_F(RealMount, HardLinksShareAnInodeWithinASnapshotOnly) {
  Node one = maker().make_file("one", {"content"});
  one.links = 2;
  Node two = one;
  two.name = "two";
  const Id tree = maker().add_tree({one, two});
  maker().add_snapshot(tree, kTime);
  maker().add_snapshot(tree, "2026-01-02T00:00:00Z");
  mounted_.mount();
  EXPECT_EQ(stat_of(path("one")).st_ino, stat_of(path("two")).st_ino);
  EXPECT_EQ(stat_of(path("one")).st_nlink, 2U);
  EXPECT_NE(stat_of(path("one")).st_ino,
            stat_of(mounted_.path("snapshots/2026-01-02T00:00:00Z/one")).st_ino);
}

TEST_F(RealMount, ListsInAscendingOrderOfInodesWithTypes) {
  constexpr int kFiles = 15'000;  // several requests of 1 MiB
  std::vector<Node> nodes;
  for (int i = 0; i < kFiles; ++i) nodes.push_back(maker().make_file("f" + std::to_string(i), {}));
  nodes.push_back(make_directory("z", maker().add_tree({})));
  mount(nodes);
  Directory directory(path(""));
  const std::vector<Listed> entries = directory.rest();
  ASSERT_EQ(entries.size(), kFiles + 3U);
  EXPECT_EQ(entries[0].name, ".");
  EXPECT_EQ(entries[0].ino, stat_of(path("")).st_ino);
  EXPECT_EQ(entries[1].name, "..");
  EXPECT_EQ(entries[1].ino, stat_of(mounted_.path("snapshots")).st_ino);
  EXPECT_TRUE(std::ranges::is_sorted(entries.begin() + 2, entries.end(), std::ranges::less{},
                                     &Listed::ino));
  EXPECT_EQ(entries[2].type, DT_REG);
  EXPECT_EQ(entries.back().type, DT_DIR);
  EXPECT_EQ(entries.back().ino, stat_of(path("z")).st_ino);
}

/// Reads on from many positions, backwards, and compares with the listing in one go.
void expect_seekable(const std::string& path, std::size_t count) {
  Directory directory(path);
  const std::vector<Listed> entries = directory.rest();
  ASSERT_EQ(entries.size(), count + 2);
  for (std::size_t i = 0; i + 1 < entries.size(); i += 7) {
    const std::size_t at = entries.size() - 2 - i;
    directory.seek(entries[at].next);
    const std::vector<Listed> rest = directory.rest();
    ASSERT_EQ(rest.size(), entries.size() - 1 - at);
    EXPECT_EQ(rest.front().name, entries[at + 1].name);
  }
  directory.seek(0);
  EXPECT_EQ(directory.rest().size(), entries.size());
}

TEST_F(RealMount, SeeksToAnyPositionOfADirectory) {
  std::vector<Node> nodes;
  std::vector<std::string> tags;
  for (int i = 0; i < 200; ++i) {
    nodes.push_back(maker().make_file("f" + std::to_string(i), {}));
    tags.push_back("t" + std::to_string(i));
  }
  maker().add_snapshot(maker().add_tree(std::move(nodes)), kTime, "alpha", tags);
  mounted_.mount();
  expect_seekable(path(""), 200);               // the kernel answers from its cache
  expect_seekable(mounted_.path("tags"), 200);  // the server does
}

TEST_F(RealMount, ExtendedAttributesFollowTheContract) {
  Node file = maker().make_file("f", {"x"});
  const std::string large(60'000, 'v');
  file.extended_attributes = {{"user.small", {'a', 0, 'b'}},
                              {"user.empty", {}},
                              {"user.large", Bytes(large.begin(), large.end())}};
  mount({file});
  const std::string name = path("f");
  std::vector<char> room(100'000);
  EXPECT_EQ(::getxattr(name.c_str(), "user.small", nullptr, 0), 3);
  EXPECT_EQ(::getxattr(name.c_str(), "user.small", room.data(), room.size()), 3);
  EXPECT_EQ(std::string(room.data(), 3), std::string("a\0b", 3));
  EXPECT_EQ(::getxattr(name.c_str(), "user.empty", room.data(), room.size()), 0);
  EXPECT_EQ(::getxattr(name.c_str(), "user.large", room.data(), room.size()), 60'000);
  EXPECT_EQ(error_of([&] { return ::getxattr(name.c_str(), "user.small", room.data(), 2); }),
            ERANGE);
  EXPECT_EQ(error_of([&] { return ::getxattr(name.c_str(), "user.none", room.data(), 9); }),
            ENODATA);
  const std::string list("user.small\0user.empty\0user.large\0", 33);
  EXPECT_EQ(::listxattr(name.c_str(), nullptr, 0), 33);
  EXPECT_EQ(::listxattr(name.c_str(), room.data(), room.size()), 33);
  EXPECT_EQ(std::string(room.data(), 33), list);
  EXPECT_EQ(error_of([&] { return ::listxattr(name.c_str(), room.data(), 32); }), ERANGE);
  // An absent attribute must not switch attributes off for the whole mount.
  EXPECT_EQ(::getxattr(name.c_str(), "user.small", nullptr, 0), 3);
}

TEST_F(RealMount, StatfsNamesTheLimits) {
  mount({});
  struct statvfs status {};
  ASSERT_EQ(::statvfs(path("").c_str(), &status), 0);
  EXPECT_EQ(status.f_namemax, 1024U);
  EXPECT_EQ(status.f_bfree, 0U);
  EXPECT_EQ(status.f_flag & ST_RDONLY, static_cast<unsigned long>(ST_RDONLY));
  EXPECT_EQ(status.f_flag & ST_NOSUID, static_cast<unsigned long>(ST_NOSUID));
  EXPECT_EQ(status.f_flag & ST_NODEV, static_cast<unsigned long>(ST_NODEV));
}

TEST_F(RealMount, EveryChangeIsRefusedAsReadOnly) {
  mount({maker().make_file("f", {"x"}), make_directory("d", maker().add_tree({}))});
  const std::string file = path("f");
  const std::string absent = path("new");
  const auto refused = [](auto&& call) { EXPECT_EQ(error_of(call), EROFS); };
  refused([&] { return ::open(file.c_str(), O_WRONLY); });
  refused([&] { return ::open(absent.c_str(), O_WRONLY | O_CREAT, 0600); });
  refused([&] { return ::truncate(file.c_str(), 0); });
  refused([&] { return ::unlink(file.c_str()); });
  refused([&] { return ::rename(file.c_str(), absent.c_str()); });
  refused([&] { return ::link(file.c_str(), absent.c_str()); });
  refused([&] { return ::symlink("x", absent.c_str()); });
  refused([&] { return ::mkdir(absent.c_str(), 0700); });
  refused([&] { return ::rmdir(path("d").c_str()); });
  refused([&] { return ::mkfifo(absent.c_str(), 0600); });
  refused([&] { return ::chmod(file.c_str(), 0600); });
  refused([&] { return ::chown(file.c_str(), ::getuid(), ::getgid()); });
  refused([&] { return ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0); });
  refused([&] { return ::setxattr(file.c_str(), "user.x", "y", 1, 0); });
  refused([&] { return ::removexattr(file.c_str(), "user.x"); });
}

TEST_F(RealMount, NamesOfAnyBytesUpToWhatTheKernelTakes) {
  const std::string longest(1024, 'n');
  mount({maker().make_file(longest, {"long"}), maker().make_file("bad\xff\nname", {"raw"}),
         maker().make_file(std::string(256, 'm'), {"longer than usual"}),
         maker().make_file(longest + "n", {"not shown"}),
         make_directory(std::string(2000, 'o'), maker().add_tree({}))});
  EXPECT_EQ(read_whole(path(std::string(256, 'm'))), "longer than usual");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path(""))) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"bad\xff\nname", std::string(256, 'm'), longest}));
  EXPECT_EQ(read_whole(path(longest)), "long");
  EXPECT_EQ(read_whole(path("bad\xff\nname")), "raw");
  EXPECT_EQ(error_of([&] { return ::access(path(longest + "n").c_str(), F_OK); }), ENAMETOOLONG);
}

TEST_F(RealMount, TextWithAZeroByteIsAnErrorAndNeverCut) {
  Node attributed = maker().make_file("attributed", {"x"});
  attributed.extended_attributes = {{std::string("user.a\0b", 8), {1}}};
  mount({make_symlink("link", std::string("/etc\0/passwd", 12)),
         make_symlink("long", std::string(5000, 'x')), attributed});
  char room[5000];
  for (const char* name : {"link", "long"}) {
    EXPECT_EQ(error_of([&] { return ::readlink(path(name).c_str(), room, sizeof room); }), EIO);
  }
  EXPECT_EQ(error_of([&] { return ::listxattr(path("attributed").c_str(), room, sizeof room); }),
            EIO);
  EXPECT_EQ(read_whole(path("attributed")), "x");
}

}  // namespace
}  // namespace snapfs::test
