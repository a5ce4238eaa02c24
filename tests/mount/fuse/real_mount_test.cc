// What programs see through the kernel. Skipped where nothing can be mounted.
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
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/base/file.h"
#include "tests/mount/fuse/mounted_repository.h"

namespace snapfs {
namespace {

using test::MountedRepository;
using ::testing::ElementsAre;

constexpr std::string_view kTime = "2026-01-01T00:00:00Z";
constexpr std::string_view kName = "2026-01-01T00-00-00Z";
constexpr std::size_t kPage = 4096;

struct stat stat_of(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) throw_errno(errno, "stat", path);
  return status;
}

/// The error number of a call that should fail; 0 when it did not.
template <class Call>
int error_of(Call&& call) {
  errno = 0;
  return call() < 0 ? errno : 0;
}

struct Listed {
  std::string name;
  ino_t ino = 0;
  unsigned char type = 0;
  long next = 0;  ///< telldir after it
};

class Directory {
 public:
  explicit Directory(const std::string& path) : stream_(::opendir(path.c_str())) {
    if (stream_ == nullptr) throw_errno(errno, "open", path);
  }
  ~Directory() { ::closedir(stream_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  void seek(long position) { ::seekdir(stream_, position); }

  /// Nothing at the end.
  std::optional<Listed> next() {
    const dirent* entry = ::readdir(stream_);
    if (entry == nullptr) return std::nullopt;
    return Listed{entry->d_name, entry->d_ino, entry->d_type, ::telldir(stream_)};
  }

  std::vector<Listed> rest() {
    std::vector<Listed> result;
    while (auto entry = next()) result.push_back(*std::move(entry));
    return result;
  }

 private:
  DIR* stream_;
};

std::vector<std::string> names(const std::vector<Listed>& entries) {
  std::vector<std::string> result;
  for (const Listed& entry : entries) result.push_back(entry.name);
  return result;
}

std::string read_whole(const std::string& path) {
  const Bytes bytes = read_file(path, 1 << 30);
  return std::string(as_text(bytes));
}

/// How many requests of a kind the status tells of.
std::string count_in(const std::string& status, const std::string& kind) {
  std::smatch match;
  const bool found = std::regex_search(status, match, std::regex("  " + kind + " +([0-9]+),"));
  return found ? match[1].str() : "none";
}

class RealMount : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = test::why_not_mountable(); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
  }

  test::RepositoryMaker& maker() { return mounted_.maker(); }

  /// Mounts a snapshot of the nodes; paths given to path() are then below its root.
  void mount(std::vector<Node> nodes, MountOptions options = {}) {
    maker().add_snapshot(maker().add_tree(std::move(nodes)), kTime);
    mounted_.mount(std::move(options));
  }

  /// The server's, with every request counted: an answer is sent before.
  std::string status_at_rest() {
    for (;;) {
      std::string status = mounted_.server().status();
      if (status.ends_with("in flight:\n")) return status;
      std::this_thread::yield();
    }
  }

  std::string path(const std::string& below) const {
    return mounted_.path("snapshots/" + std::string(kName) + "/" + below);
  }

  MountedRepository mounted_;
};

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
  Node block = test::make_node("block", NodeType::kBlockDevice);
  block.device = 1'227'949'024;
  Node character = test::make_node("char", NodeType::kCharDevice);
  character.device = makedev(4095, 1'048'575);
  Node fifo = test::make_node("fifo", NodeType::kFifo);
  fifo.links = 0;
  mount({file, block, character, fifo, test::make_symlink("link", "some/target"),
         test::make_directory("directory", maker().add_tree({}))});

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
  nodes.push_back(test::make_directory("z", maker().add_tree({})));
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
  mount({maker().make_file("f", {"x"}), test::make_directory("d", maker().add_tree({}))});
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
         test::make_directory(std::string(2000, 'o'), maker().add_tree({}))});
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
  mount({test::make_symlink("link", std::string("/etc\0/passwd", 12)),
         test::make_symlink("long", std::string(5000, 'x')), attributed});
  char room[5000];
  for (const char* name : {"link", "long"}) {
    EXPECT_EQ(error_of([&] { return ::readlink(path(name).c_str(), room, sizeof room); }), EIO);
  }
  EXPECT_EQ(error_of([&] { return ::listxattr(path("attributed").c_str(), room, sizeof room); }),
            EIO);
  EXPECT_EQ(read_whole(path("attributed")), "x");
}

TEST_F(RealMount, ManyThreadsReadTheSameBytes) {
  // Blob edges at odd offsets; more bytes than the cache may hold, so blobs are loaded again.
  Node file = test::make_node("f", NodeType::kFile);
  std::string content;
  for (int i = 0; i < 40; ++i) {
    std::string chunk;
    while (chunk.size() < 50'001U + static_cast<unsigned>(i)) {
      chunk += std::to_string(i * 1'000'003 + static_cast<int>(chunk.size())) + "\n";
    }
    file.content.push_back(maker().add_data(chunk));
    content += chunk;
  }
  file.size = content.size();
  MountOptions options;
  options.reader.blob_cache_bytes = 200'000;
  mount({file}, options);

  std::vector<std::string> failures(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < failures.size(); ++t) {
      threads.emplace_back([&, t] {
        // Some past the page cache, some through it.
        const int flags = O_RDONLY | (t % 2 == 0 ? O_DIRECT : 0);
        const UniqueFd fd = open_file(path("f"), flags);
        const std::unique_ptr<char, decltype(&std::free)> buffer(
            static_cast<char*>(std::aligned_alloc(kPage, 32 * kPage)), &std::free);
        for (std::size_t i = 0; i < 60; ++i) {
          const std::size_t offset = (i * 37 + t * 11) % (content.size() / kPage) * kPage;
          const ssize_t got =
              ::pread(fd.get(), buffer.get(), 32 * kPage, static_cast<off_t>(offset));
          const std::string expected = content.substr(offset, 32 * kPage);
          if (got < 0 ||
              std::string_view(buffer.get(), static_cast<std::size_t>(got)) != expected) {
            failures[t] = "at " + std::to_string(offset);
          }
        }
      });
    }
  }
  EXPECT_THAT(failures, ::testing::Each(""));
  EXPECT_EQ(read_whole(path("f")), content);
}

TEST_F(RealMount, ReadOfManyTinyBlobsIsAnswered) {
  // More pieces than one writev may have.
  Node file = test::make_node("f", NodeType::kFile);
  std::string content;
  for (int i = 0; i < 3000; ++i) {
    const std::string chunk = std::to_string(i);
    file.content.push_back(maker().add_data(chunk));
    content += chunk;
  }
  file.size = content.size();
  mount({file});
  EXPECT_EQ(read_whole(path("f")), content);
}

TEST_F(RealMount, DamageIsEioForItsPagesOnly) {
  const std::string first(2 * kPage, 'a');
  const std::string second(2 * kPage, 'b');
  const std::string third(2 * kPage, 'c');
  const Node file = maker().make_file("f", {first, second, third});
  maker().flush();
  maker().damage({BlobType::kData, file.content[1]});
  mount({file});
  const UniqueFd fd = open_file(path("f"), O_RDONLY);
  std::string page(kPage, '\0');
  const auto read_page = [&](std::size_t index) {
    return ::pread(fd.get(), page.data(), kPage, static_cast<off_t>(index * kPage));
  };
  for (const std::size_t index : {2U, 0U, 3U, 1U, 4U, 5U}) {
    if (index == 2 || index == 3) {
      EXPECT_EQ(error_of([&] { return read_page(index); }), EIO) << index;
    } else {
      EXPECT_EQ(read_page(index), static_cast<ssize_t>(kPage)) << index;
      EXPECT_EQ(page.find_first_not_of(index < 2 ? 'a' : 'c'), std::string::npos) << index;
    }
  }
  EXPECT_EQ(stat_of(path("f")).st_size, static_cast<off_t>(6 * kPage));
}

TEST_F(RealMount, NewSnapshotsShowUp) {
  mount({});
  Directory kept_open(mounted_.path("snapshots"));
  EXPECT_EQ(kept_open.rest().size(), 4U);
  const Id tree = maker().add_tree({maker().make_file("new", {"new content"})});
  maker().add_snapshot(tree, "2026-01-02T00:00:00Z");
  kept_open.seek(0);
  EXPECT_EQ(kept_open.rest().size(), 5U);
  EXPECT_EQ(Directory(mounted_.path("snapshots")).rest().size(), 5U);
  EXPECT_EQ(read_whole(mounted_.path("snapshots/2026-01-02T00:00:00Z/new")), "new content");
}

TEST_F(RealMount, TheKernelListsDirectoriesOfSnapshotsByItself) {
  std::vector<Node> nodes;
  for (int i = 0; i < 300; ++i) nodes.push_back(maker().make_file(fmt::format("f{:03}", i), {}));
  mount(std::move(nodes));
  const std::size_t first = Directory(path("")).rest().size();
  const std::string before = status_at_rest();
  EXPECT_EQ(Directory(path("")).rest().size(), first);
  EXPECT_EQ(first, 302U);
  EXPECT_EQ(count_in(before, "opendir"), "1");  // the one that said that there need be no more
  const std::string after = status_at_rest();
  for (const char* kind : {"opendir", "readdir"}) {
    EXPECT_EQ(count_in(before, kind), count_in(after, kind)) << kind;
  }
}

TEST_F(RealMount, AListingThatWasBegunGoesOnWhileSnapshotsGo) {
  constexpr std::size_t kMany = 1000;  // more than the kernel asks for at a time
  const Id tree = maker().add_tree({});
  std::vector<Id> made;
  for (std::size_t i = 0; i < kMany; ++i) {
    made.push_back(maker().add_snapshot(tree, fmt::format("{}-02-01T00:00:00Z", 1970 + i)).id);
  }
  mounted_.mount();
  Directory begun(mounted_.path("ids"));
  std::set<std::string> seen = {begun.next().value().name};
  for (std::size_t i = 0; i < kMany; i += 2) {
    mounted_.backend().remove({FileKind::kSnapshot, made[i]}, {});
  }
  EXPECT_EQ(Directory(mounted_.path("ids")).rest().size(), kMany / 2 + 2);
  while (const auto entry = begun.next()) {
    EXPECT_TRUE(seen.insert(entry->name).second) << entry->name;
  }
  EXPECT_EQ(seen.size(), kMany + 2);
}

TEST_F(RealMount, TheNamesOfASnapshotAreOneDirectoryAndAllWork) {
  const Id inner = maker().add_tree({maker().make_file("g", {"inner"})});
  maker().add_snapshot(
      maker().add_tree({maker().make_file("f", {"content"}), test::make_directory("d", inner)}),
      "2001-01-01T00:00:00Z");
  mounted_.mount();
  const std::array<std::string, 3> places = {"at/now", "at/yesterday", "at/2002"};
  const UniqueFd inside(::open(mounted_.path("at/now/d").c_str(), O_RDONLY | O_DIRECTORY));
  for (int round = 0; round < 3; ++round) {
    for (const std::string& place : places) {
      EXPECT_EQ(read_whole(mounted_.path(place + "/d/g")), "inner");
      EXPECT_EQ(stat_of(mounted_.path(place)).st_ino, stat_of(mounted_.path("at/now")).st_ino);
      EXPECT_THAT(names(Directory(mounted_.path(place)).rest()), ElementsAre(".", "..", "d", "f"));
    }
    std::vector<std::string> listed = names(Directory(mounted_.path("at")).rest());
    EXPECT_THAT(listed, ::testing::IsSupersetOf(std::vector<std::string>{"now", "yesterday"}));
  }
  struct stat status {};
  EXPECT_EQ(::fstatat(inside.get(), "g", &status, 0), 0) << "who stands there stays there";
  EXPECT_EQ(::fstatat(inside.get(), "../f", &status, 0), 0);
}

TEST_F(RealMount, StopUnmounts) {
  mount({});
  EXPECT_NE(stat_of(mounted_.path()).st_dev, stat_of(mounted_.path("..")).st_dev);
  mounted_.server().stop();
  mounted_.join();
  EXPECT_EQ(Directory(mounted_.path()).rest().size(), 2U);
}

TEST_F(RealMount, StopDetachesAMountInUse) {
  mount({maker().make_file("f", {"content"})});
  const UniqueFd file = open_file(path("f"), O_RDONLY);
  const Directory directory(path(""));
  mounted_.server().stop();
  mounted_.join();
  EXPECT_EQ(Directory(mounted_.path()).rest().size(), 2U);
  char byte = 0;
  EXPECT_NE(error_of([&] { return ::pread(file.get(), &byte, 1, 0); }), 0);
}

TEST_F(RealMount, UnmountingFromOutsideEndsTheServer) {
  mount({});
  ASSERT_TRUE(test::force_unmount(mounted_.path()));
  mounted_.join();
  EXPECT_EQ(Directory(mounted_.path()).rest().size(), 2U);
}

TEST_F(RealMount, LabelsAreShownAndMissingOnesEndTheQuestionsWithoutSelinux) {
  Node labelled = maker().make_file("labelled", {"1"});
  const std::string_view label = "user_u:object_r:etc_t:s0";
  labelled.extended_attributes.push_back({"security.selinux", copy_of(as_bytes(label))});
  mount({labelled, maker().make_file("plain", {"2"})});
  std::array<char, 64> value{};
  const auto ask = [&](const char* name, const char* attribute) {
    return ::lgetxattr(path(name).c_str(), attribute, value.data(), value.size());
  };
  const bool selinux = ::access("/sys/fs/selinux/enforce", F_OK) == 0;
  if (!selinux) {
    ASSERT_EQ(ask("labelled", "security.selinux"), static_cast<ssize_t>(label.size()));
    EXPECT_EQ(std::string_view(value.data(), label.size()), label);
  }
  EXPECT_EQ(error_of([&] { return ask("plain", "security.selinux"); }),
            selinux ? ENODATA : ENOTSUP);
  EXPECT_EQ(error_of([&] { return ask("plain", "security.capability"); }), ENODATA);
}

TEST_F(RealMount, ReadAheadIsSetWhereItMayBe) {
  mount({});
  const dev_t device = stat_of(path("")).st_dev;
  const std::string setting = "/sys/class/bdi/" + std::to_string(major(device)) + ":" +
                              std::to_string(minor(device)) + "/read_ahead_kb";
  if (::access(setting.c_str(), W_OK) != 0) GTEST_SKIP() << "not allowed here";
  EXPECT_EQ(as_text(read_file(setting, 100)), "4096\n");
}

/// More programs than threads, each waiting for others' loads now and then.
TEST_F(RealMount, ManyReadersGetWholeFiles) {
  std::vector<Node> nodes;
  std::vector<std::string> contents;
  for (int i = 0; i < 40; ++i) {
    contents.push_back(std::string(100'000 + i, static_cast<char>('a' + i % 26)));
    nodes.push_back(maker().make_file("f" + std::to_string(100 + i),
                                      {std::string_view(contents.back()).substr(0, 50'000),
                                       std::string_view(contents.back()).substr(50'000)}));
  }
  MountOptions options;
  options.threads = 2;
  options.reader.blob_cache_bytes = 1 << 20;
  mount(nodes, options);
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 6; ++reader) {
    readers.emplace_back([&, reader] {
      for (int i = 0; i < 40; ++i) {
        const int file = reader % 2 == 0 ? i : 39 - i;
        EXPECT_EQ(read_whole(path("f" + std::to_string(100 + file))), contents[file]);
      }
    });
  }
}

}  // namespace
}  // namespace snapfs
