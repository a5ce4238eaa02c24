// The rules that need more than a name, and all rules together.
#include "archiver/select/selection.h"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archiver/select/mounted.h"
#include "tests/support/fails_with.h"
#include "tests/support/memory_source.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Names = std::vector<std::string>;

class Listener final : public SelectionObserver {
 public:
  void rule_failed(const std::string& path, const std::string& message) override {
    failed.push_back(path);
    messages.push_back(message);
  }
  void left_out(const std::string& path, const std::string& message) override {
    left.push_back(path);
    messages.push_back(message);
  }
  void nothing_left(const std::string& /*path*/) override {}

  Names failed;
  Names left;
  Names messages;
};

class SelectionTest : public ::testing::Test {
 protected:
  SelectionTest() : source_("/home/me") {
    source_.add_file("/home/me/dir/a", "12345");
    source_.add_file("/home/me/dir/b", "");
    source_.add_file("/home/me/dir/tag", "head and more");
    source_.add_directory("/home/me/dir/sub");
  }

  Names kept(const SelectionRules& rules, const std::string& directory = "dir") {
    const auto handle = source_.enter(directory);
    Names names = handle->list();
    Selection(rules).keep_selected(*handle, names, listener_);
    return names;
  }

  Names kept_with_tags(const std::vector<std::string>& tags) {
    SelectionRules rules;
    for (const std::string& tag : tags) rules.tags.emplace_back(tag);
    return kept(rules);
  }

  bool rejects(const SelectionRules& rules, const std::string& name, std::uint64_t device = 0) {
    const auto handle = source_.enter("dir");
    return Selection(rules).rejects(*handle, name, handle->lstat(name), device, listener_);
  }

  void move_to_device(const std::string& path, std::uint64_t device) {
    source_.update(path, [device](SourceMetadata& metadata) { metadata.device_id = device; });
  }

  static SelectionRules patterns(const std::vector<std::string>& texts) {
    const std::vector<PatternSource> sources = {{"--exclude", texts}};
    SelectionRules rules;
    rules.patterns.emplace_back(sources, LetterCase::kMatters);
    rules.working_directory = "/home/me";
    return rules;
  }

  MemorySource source_;
  Listener listener_;
};

TEST_F(SelectionTest, WithoutRulesEverythingIsSelected) {
  EXPECT_THAT(kept({}), ElementsAre("a", "b", "sub", "tag"));
  EXPECT_FALSE(Selection().looks_at_names());
  EXPECT_FALSE(rejects({}, "a"));
  EXPECT_FALSE(Selection(patterns({})).looks_at_names());
}

TEST_F(SelectionTest, PatternsSeeTheAbsolutePathOfRelativeDirectories) {
  EXPECT_THAT(kept(patterns({"/home/me/dir/a"})), ElementsAre("b", "sub", "tag"));
  EXPECT_THAT(kept(patterns({"me/dir/?"})), ElementsAre("sub", "tag"));
  EXPECT_THAT(kept(patterns({"home"})), IsEmpty());
  EXPECT_THAT(kept(patterns({"/home/me/d*/a"}), "../me/dir"), ElementsAre("b", "sub", "tag"));
}

TEST_F(SelectionTest, EachPatternListRejectsOnItsOwn) {
  SelectionRules rules = patterns({"a"});
  const std::vector<PatternSource> sources = {{"--iexclude", {"!A", "B"}}};
  rules.patterns.emplace_back(sources, LetterCase::kIgnored);
  EXPECT_THAT(kept(rules), ElementsAre("sub", "tag"));
}

TEST_F(SelectionTest, ATagLeavesItselfAlone) {
  EXPECT_THAT(kept_with_tags({"tag"}), ElementsAre("tag"));
  EXPECT_THAT(kept_with_tags({"tag:head"}), ElementsAre("tag"));
  EXPECT_THAT(kept_with_tags({"tag:"}), ElementsAre("tag"));
  EXPECT_THAT(kept_with_tags({"sub"}), ElementsAre("sub"));
  EXPECT_THAT(kept_with_tags({"none"}), ElementsAre("a", "b", "sub", "tag"));
  EXPECT_THAT(listener_.failed, IsEmpty());
}

TEST_F(SelectionTest, TwoTagsRejectEachOther) {
  EXPECT_THAT(kept_with_tags({"tag", "b"}), IsEmpty());
  EXPECT_THAT(kept_with_tags({"tag", "b", "tag"}), IsEmpty());
  EXPECT_THAT(kept_with_tags({"tag", "tag:head"}), ElementsAre("tag"));
  EXPECT_THAT(kept_with_tags({"tag", "none"}), ElementsAre("tag"));
}

TEST_F(SelectionTest, ATagThatAPatternExcludesIsATagStill) {
  SelectionRules rules = patterns({"tag"});
  rules.tags.emplace_back("tag");
  EXPECT_THAT(kept(rules), IsEmpty());
}

TEST_F(SelectionTest, AWrongTagIsToldAndRejectsNothing) {
  for (const char* tag : {"tag:wrong", "tag:head and more and more", "b:x"}) {
    listener_.failed.clear();
    EXPECT_THAT(kept_with_tags({tag}), ElementsAre("a", "b", "sub", "tag")) << tag;
    EXPECT_THAT(listener_.failed, ElementsAre(HasSubstr("dir/"))) << tag;
  }
  EXPECT_THAT(kept_with_tags({"sub:x"}), ElementsAre("a", "b", "sub", "tag"));
  EXPECT_THAT(listener_.messages.back(), HasSubstr("its directory is saved"));
}

TEST_F(SelectionTest, ATagThatCannotBeReadIsToldAndRejectsNothing) {
  source_.fail("/home/me/dir/tag", SourceOperation::kOpenFile, EACCES);
  EXPECT_THAT(kept_with_tags({"tag:head"}), ElementsAre("a", "b", "sub", "tag"));
  EXPECT_EQ(listener_.failed.size(), 1U);
  EXPECT_THAT(kept_with_tags({"tag"}), ElementsAre("tag")) << "nothing has to be read";
}

TEST_F(SelectionTest, TagsNeedAName) {
  for (const char* text : {"", ":", ":x", ".", "..", "a/b", "/"}) {
    EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, "--exclude-if-present", [&] { TagRule{text}; }))
        << text;
  }
  EXPECT_EQ(TagRule(TagRule::kCacheDirectory).name(), "CACHEDIR.TAG");
}

TEST_F(SelectionTest, LargerThanLooksAtEverythingButDirectories) {
  SelectionRules rules;
  rules.larger_than_bytes = 5;
  EXPECT_FALSE(rejects(rules, "a"));
  rules.larger_than_bytes = 4;
  EXPECT_TRUE(rejects(rules, "a"));
  EXPECT_FALSE(rejects(rules, "b"));
  rules.larger_than_bytes = 0;
  EXPECT_FALSE(rejects(rules, "b"));
  source_.update("/home/me/dir/sub", [](SourceMetadata& metadata) { metadata.size = 4096; });
  EXPECT_FALSE(rejects(rules, "sub"));
  source_.add_symlink("/home/me/dir/link", "target");
  source_.update("/home/me/dir/link", [](SourceMetadata& metadata) { metadata.size = 6; });
  EXPECT_TRUE(rejects(rules, "link"));
}

TEST_F(SelectionTest, OneFileSystemKeepsTheMountPointAlone) {
  SelectionRules rules;
  rules.one_file_system = true;
  move_to_device("/home/me/dir", 1);
  for (const char* path : {"/home/me/dir/a", "/home/me/dir/sub"}) move_to_device(path, 2);
  move_to_device("/home/me/dir/b", 1);
  EXPECT_FALSE(rejects(rules, "b", 1));
  EXPECT_TRUE(rejects(rules, "a", 1)) << "a file on another device, mounted there by itself";
  EXPECT_FALSE(rejects(rules, "sub", 1)) << "a mount point, empty";
  move_to_device("/home/me/dir", 2);
  EXPECT_TRUE(rejects(rules, "sub", 1)) << "a directory inside of what is mounted";
  EXPECT_TRUE(rejects(rules, "a", 1));
  EXPECT_FALSE(rejects(rules, "b", 1)) << "on the device of the target again";
  EXPECT_FALSE(rejects({}, "a", 1));
}

TEST_F(SelectionTest, TheRepositoryItselfIsLeftOutAndTold) {
  const SourceMetadata sub = source_.lstat("/home/me/dir/sub");
  SelectionRules rules;
  rules.own_directories = {{sub.device_id, sub.inode}};
  EXPECT_TRUE(rejects(rules, "sub"));
  EXPECT_FALSE(rejects(rules, "a"));
  EXPECT_THAT(listener_.left, ElementsAre("dir/sub"));
  rules.own_directories = {{sub.device_id + 1, sub.inode}, {sub.device_id, sub.inode + 1000}};
  EXPECT_FALSE(rejects(rules, "sub"));
}

TEST_F(SelectionTest, AMountedRepositoryIsNotEntered) {
  SelectionRules rules;
  rules.own_mounts = {77};
  EXPECT_FALSE(rejects(rules, "sub"));
  move_to_device("/home/me/dir/sub", 77);
  EXPECT_TRUE(rejects(rules, "sub"));
  EXPECT_THAT(listener_.left, ElementsAre("dir/sub"));
  move_to_device("/home/me/dir", 77);
  EXPECT_FALSE(rejects(rules, "sub")) << "the target lies inside the mount";
}

TEST(SnapfsMounts, AreFoundByTheirType) {
  EXPECT_THAT(
      snapfs_mounts("22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n"
                    "90 22 0:45 / /mnt/with\\040blank ro,nosuid - fuse.snapfs snapfs:4c ro\n"
                    "91 22 0:46 / /mnt/x ro shared:4 master:2 - fuse.snapfs snapfs ro\n"
                    "92 22 0:47 / /mnt/fuse.snapfs rw - tmpfs fuse.snapfs rw\n"
                    "nonsense\n"
                    "93 22 0:48 / /mnt/last ro - fuse.snapfs snapfs ro"),
      ElementsAre(45, 46, 48));
  EXPECT_THAT(snapfs_mounts(""), IsEmpty());
}

}  // namespace
}  // namespace snapfs
