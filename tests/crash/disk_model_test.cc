// What the model says of small programs of which it is known what a disk may keep. In these states
// "-" stands for a name that is not there.
#include "tests/crash/disk_model.h"

#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"

namespace snapfs::test {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class DiskModelTest : public ::testing::Test {
 protected:
  DiskModelTest() { did({EventKind::kMkdir, kRoot}), synced("/"); }

  void did(const FileEvent& event) { model_.apply(event); }
  void created(const std::string& name) { did({EventKind::kCreate, at(name)}); }
  void wrote(const std::string& name, const std::string& data, std::uint64_t offset = 0) {
    did({EventKind::kWrite, at(name), "", offset, data});
  }
  void synced(const std::string& path) { did({EventKind::kSync, path}); }
  void renamed(const std::string& from, const std::string& to) {
    did({EventKind::kRename, at(from), at(to)});
  }
  void removed(const std::string& name) { did({EventKind::kUnlink, at(name)}); }

  static std::string at(const std::string& name) { return std::string(kRoot) + "/" + name; }

  /// All that was tried, as the contents of these files.
  std::set<std::string> states(const std::vector<std::string>& names, std::size_t draws = 50) {
    std::set<std::string> found;
    for (const std::vector<Fate>& fates : fates_to_try(model_, draws, 1)) {
      std::string state;
      const auto disk = model_.after_cut(fates);
      if (!disk) {
        found.insert("nothing");
        continue;
      }
      for (const std::string& name : names) {
        const auto entry = disk->find(name);
        if (!state.empty()) state += " ";
        state += entry == disk->end()    ? "-"
                 : entry->second.content ? "[" + *entry->second.content + "]"
                                         : "directory";
      }
      found.insert(state);
    }
    return found;
  }

  static constexpr const char* kRoot = "/root";
  const TemporaryDirectory nowhere_;
  DiskModel model_{kRoot, nowhere_ / "none"};
};

TEST_F(DiskModelTest, WhatIsSyncedIsCertain) {
  created("file");
  wrote("file", "content");
  synced(at("file"));
  synced(kRoot);
  EXPECT_EQ(model_.uncertain(), 0U);
  EXPECT_THAT(states({"file"}), ElementsAre("[content]"));
}

TEST_F(DiskModelTest, ASyncedFileMayLackItsName) {
  created("file");
  wrote("file", "content");
  synced(at("file"));
  EXPECT_THAT(states({"file"}), UnorderedElementsAre("-", "[content]"));
}

TEST_F(DiskModelTest, ANameMayLackItsBytes) {
  created("file");
  synced(kRoot);
  wrote("file", "content");
  const auto found = states({"file"});
  EXPECT_THAT(found, Contains("[]"));
  EXPECT_THAT(found, Contains("[content]"));
  EXPECT_THAT(found, Contains("[" + std::string(7, '\0') + "]"));
  EXPECT_THAT(found, Not(Contains("-")));
  EXPECT_GT(found.size(), 4U) << "some are shorter";
}

TEST_F(DiskModelTest, ALargeFileMayBeThereInPart) {
  created("file");
  synced(kRoot);
  wrote("file", std::string(2000, 'x'));
  const auto found = states({"file"});
  EXPECT_THAT(found, Contains(HasSubstr(std::string(512, '\0') + "x")));
  EXPECT_THAT(found, Contains(HasSubstr("x" + std::string(512, '\0'))));
}

TEST_F(DiskModelTest, ARenameIsThereOrNot) {
  created("old");
  wrote("old", "new content");
  synced(at("old"));
  created("name");
  synced(at("name"));
  synced(kRoot);
  renamed("old", "name");
  // Both names may be there, and neither is never the case.
  EXPECT_THAT(states({"old", "name"}), UnorderedElementsAre("[new content] []", "- [new content]",
                                                            "[new content] [new content]"));
}

TEST_F(DiskModelTest, RemovalsComeInAnyOrder) {
  for (const char* name : {"a", "b"}) created(name);
  synced(kRoot);
  removed("a");
  removed("b");
  EXPECT_THAT(states({"a", "b"}), UnorderedElementsAre("[] []", "- []", "[] -", "- -"));
  synced(kRoot);
  EXPECT_THAT(states({"a", "b"}), ElementsAre("- -"));
}

TEST_F(DiskModelTest, ADirectoryTakesEverythingInItAlong) {
  did({EventKind::kMkdir, at("folder")});
  created("folder/file");
  synced(at("folder/file"));
  synced(at("folder"));
  EXPECT_THAT(states({"folder", "folder/file"}), UnorderedElementsAre("- -", "directory []"));
}

TEST_F(DiskModelTest, TheRootItselfMayBeLost) {
  DiskModel fresh(kRoot, nowhere_ / "none");
  fresh.apply({EventKind::kMkdir, kRoot});
  ASSERT_EQ(fresh.uncertain(), 1U);
  EXPECT_FALSE(fresh.after_cut({Fate{Fate::Kind::kLost, 0}}));
  EXPECT_TRUE(fresh.after_cut({Fate{Fate::Kind::kKept, 0}}));
}

TEST_F(DiskModelTest, WhatIsTornKeepsItsBytesFromBefore) {
  created("file");
  wrote("file", std::string(1024, 'a'));
  synced(at("file"));
  synced(kRoot);
  wrote("file", std::string(1024, 'b'));
  const std::string old_sector(512, 'a');
  const std::string new_sector(512, 'b');
  EXPECT_THAT(states({"file"}), Contains("[" + old_sector + new_sector + "]"));
  EXPECT_THAT(states({"file"}), Contains("[" + old_sector + old_sector + "]"));
}

}  // namespace
}  // namespace snapfs::test
