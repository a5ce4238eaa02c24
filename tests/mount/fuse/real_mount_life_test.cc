// A mount while snapshots come and go, and its end. Skipped where nothing can be mounted.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/file.h"
#include "tests/mount/fuse/real_mount.h"

namespace snapfs::test {
namespace {

using ::testing::ElementsAre;

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
      maker().add_tree({maker().make_file("f", {"content"}), make_directory("d", inner)}),
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
  ASSERT_TRUE(force_unmount(mounted_.path()));
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

}  // namespace
}  // namespace snapfs::test
