// A target without room: what does not fit is left out before it is fetched, what fills the disk
// ends the restore with one line, and nothing that was set aside is kept.
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include <atomic>
#include <functional>

#include <gmock/gmock.h>

#include "fs/base/error.h"
#include "tests/fs/restore/restore_scene.h"
#include "tests/support/fails_with.h"

namespace snapfs::test {
namespace {

using snapfs::test::fails_with;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kMib = std::uint64_t{1} << 20;

/// Says that so much is free, and that there is no room from the n-th change on.
class SmallFs final : public TargetFs {
 public:
  explicit SmallFs(std::uint64_t free, std::size_t changes = SIZE_MAX)
      : free_(free), changes_(changes) {}
  FreeSpace free_space(int) const override { return {free_, true}; }
  void before_change() override {
    if (++changed_ > changes_) fail_with_errno(ENOSPC, "write the file");
  }
  std::size_t changed() const { return changed_; }

 private:
  const std::uint64_t free_;
  const std::size_t changes_;
  std::atomic<std::size_t> changed_ = 0;
};

class FullDiskTest : public RestoreTest {
 protected:
  /// Of one blob of a MiB, again and again.
  Node repeated(std::string name, std::size_t count) {
    Node node = file(std::move(name), {std::string(kMib, 'x')});
    node.content.assign(count, node.content.front());
    node.size = count * kMib;
    return node;
  }

  Node one_tebibyte(std::string name) {
    Node node = file(std::move(name), {std::string(8 * kMib, 'x')});
    node.content.assign(std::size_t{1} << 17, node.content.front());
    return node;
  }

  /// Runs in a child with a file system of 16 MiB of its own as the target, if that may be.
  void on_small_disk(const std::function<void()>& body) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may mount";
    scratch.make_directory("target");
    maker.flush();
    const pid_t child = ::fork();
    if (child == 0) {
      const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                           ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                           ::mount("tmpfs", target().c_str(), "tmpfs", 0, "size=16m") == 0;
      if (!mounted) ::_exit(77);
      body();
      ::_exit(HasFailure() ? 1 : 0);
    }
    int state = 0;
    ASSERT_EQ(::waitpid(child, &state, 0), child);
    if (WIFEXITED(state) && WEXITSTATUS(state) == 77) GTEST_SKIP() << "mounting is forbidden";
    EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0);
  }

  std::uint64_t free_bytes() const {
    struct statvfs now {};
    EXPECT_EQ(::statvfs(target().c_str(), &now), 0);
    return now.f_bfree * now.f_frsize;
  }
};

TEST_F(FullDiskTest, WhatNeverFitsIsLeftOutAndAllElseRestored) {
  const Node enormous = one_tebibyte("enormous");
  SmallFs small(100 * kMib);
  restore_with(small, {enormous, file("small", {"fits, ", "of course"}), repeated("large", 200)});
  EXPECT_THAT(progress.failures(),
              ElementsAre(AllOf(HasSubstr("/enormous: it takes 1048576 MiB, and 100 MiB are free"),
                                HasSubstr("1 more files"), HasSubstr("1048776 MiB altogether"))));
  EXPECT_EQ(content("small"), "fits, of course");
  EXPECT_FALSE(exists("enormous"));
  EXPECT_FALSE(exists("large"));
}

TEST_F(FullDiskTest, ManyFilesThatDoNotFitAreOneLine) {
  std::vector<Node> nodes;
  for (int i = 0; i < 614; ++i) nodes.push_back(file("f" + std::to_string(i), {"some", "thing"}));
  SmallFs small(3);
  restore_with(small, nodes);
  EXPECT_EQ(progress.errors, 1U);
}

TEST_F(FullDiskTest, DryRunTellsTheSame) {
  scratch.make_directory("target");
  options.dry_run = true;
  SmallFs small(100 * kMib);
  restore_with(small, {repeated("large", 200)});
  EXPECT_THAT(progress.failures(), ElementsAre(HasSubstr("/large: it takes 200 MiB")));
}

TEST_F(FullDiskTest, WhatIsThereAlreadyNeedsNoRoom) {
  SmallFs small(0);
  const std::string half(kMib, 'x');
  put("file", half + half);
  restore_with(small, {file("file", {half, std::string(kMib, 'y')})});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(content("file"), half + std::string(kMib, 'y'));
}

TEST_F(FullDiskTest, WhatDoesNotFitLeavesWhatIsInItsPlace) {
  SmallFs small(1);
  put("file", "older");
  std::filesystem::create_hard_link(at("file"), at("other name"));
  restore_with(small, {file("file", {std::string(100, 'x'), std::string(100, 'y')})});
  EXPECT_EQ(progress.errors, 1U);
  EXPECT_EQ(content("file"), "older");
}

TEST_F(FullDiskTest, HolesNeedNoRoom) {
  SmallFs small(1);
  options.sparse = true;
  const std::string zeros(kMib, '\0');
  restore_with(small, {file("file", {zeros, zeros})});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(content("file"), zeros + zeros);
}

TEST_F(FullDiskTest, EndsTheRestoreWithOneLineWheneverItComes) {
  std::vector<Node> nodes;
  for (int i = 0; i < 3; ++i) {
    nodes.push_back(directory("d" + std::to_string(i), {file("a", {"one, ", "two"}),
                                                        file("empty", {}), symlink("link", "x")}));
  }
  SmallFs counting(kMib);
  restore_with(counting, nodes);
  ASSERT_GT(counting.changed(), 25U);
  const std::uint64_t expected = progress.files_restored;
  for (std::size_t at_change = 0; at_change < counting.changed(); ++at_change) {
    std::filesystem::remove_all(target());
    SmallFs full(kMib, at_change);
    RecordedProgress told;
    const Id tree = maker.add_tree(nodes);
    maker.flush();
    try {
      restore_tree(maker.repository(), tree, target(), full, options, told, {});
      // What is only set, not made, is an item's error.
      EXPECT_GT(told.errors, 0U) << at_change;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kNoSpace);
      EXPECT_THAT(error.what(), AllOf(HasSubstr("/d"), HasSubstr("make room and restore again")));
      EXPECT_EQ(told.errors, 0U) << told.failures().front();
    }
    RecordedProgress again;
    restore_tree(maker.repository(), tree, target(), options, again, {});
    EXPECT_THAT(again.failures(), IsEmpty()) << at_change;
    EXPECT_EQ(again.files_restored + again.files_skipped, expected) << at_change;
    EXPECT_EQ(content("d2/a"), "one, two");
  }
}

TEST_F(FullDiskTest, NothingSetAsideIsKept) {
  // With one blob damaged, in the middle or at the end, the file stays incomplete.
  Node middle = file("middle", {std::string(kMib, 'a'), std::string(kMib, 'b')});
  for (int i = 0; i < 4; ++i) middle.content.push_back(middle.content.front());
  Node end = middle;
  end.name = "end";
  std::swap(end.content[1], end.content.back());
  maker.flush();
  maker.damage({BlobType::kData, end.content.back()});
  const Id tree = maker.add_tree({end, middle});
  on_small_disk([&] {
    restore_tree(maker.repository(), tree, target(), options, progress, {});
    EXPECT_EQ(progress.errors, 2U);
    for (const char* name : {"end", "middle"}) {
      if (!exists(name)) continue;  // the damaged blob came first
      EXPECT_EQ(status(name).st_mode & 07777, TargetFs::kIncomplete);
      EXPECT_LE(static_cast<std::uint64_t>(status(name).st_blocks) * 512, 5 * kMib) << name;
    }
  });
}

TEST_F(FullDiskTest, EnormousFileOnASmallDisk) {
  const Node enormous = one_tebibyte("enormous");
  const Id tree = maker.add_tree({enormous, file("small", {"fits"})});
  on_small_disk([&] {
    const std::uint64_t before = free_bytes();
    restore_tree(maker.repository(), tree, target(), options, progress, {});
    EXPECT_EQ(progress.errors, 1U);
    EXPECT_EQ(content("small"), "fits");
    EXPECT_GE(free_bytes() + kMib, before);
  });
}

TEST_F(FullDiskTest, ASmallDiskThatIsFilledIsGoneOnWith) {
  std::vector<Node> nodes;
  for (int i = 0; i < 40; ++i) {
    nodes.push_back(file("f" + std::to_string(i), {std::string(kMib, static_cast<char>('A' + i))}));
  }
  const Id tree = maker.add_tree(nodes);
  on_small_disk([&] {
    EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, [&] {
      restore_tree(maker.repository(), tree, target(), options, progress, {});
    }));
    EXPECT_EQ(progress.errors, 0U);
    ASSERT_EQ(::mount("tmpfs", target().c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
    RecordedProgress again;
    restore_tree(maker.repository(), tree, target(), options, again, {});
    EXPECT_THAT(again.failures(), IsEmpty());
    EXPECT_GE(again.files_skipped, 12U);
    EXPECT_EQ(content("f39"), std::string(kMib, static_cast<char>('A' + 39)));
  });
}

}  // namespace
}  // namespace snapfs::test
