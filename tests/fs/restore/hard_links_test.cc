// Names of one file: they are linked where that is right, and each of them has its content anyway.
#include <gmock/gmock.h>

#include "tests/fs/restore/restore_scene.h"

namespace snapfs::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class HardLinksTest : public RestoreTest {
 protected:
  /// The same file under several names.
  std::vector<Node> names(std::initializer_list<const char*> all,
                          std::initializer_list<std::string_view> chunks,
                          std::uint64_t inode = 77) {
    std::vector<Node> nodes;
    for (const char* name : all) nodes.push_back(linked(file(name, chunks), inode, all.size()));
    return nodes;
  }

  bool are_linked(std::string_view left, std::string_view right) const {
    return status(left).st_ino == status(right).st_ino;
  }

  std::vector<std::string> entries() const { return fs.list(open_directory(target()).get()); }

  static UniqueFd open_directory(const std::string& path) {
    return open_file(path, O_RDONLY | O_DIRECTORY);
  }
};

/// A file system such as FAT.
class FsWithoutLinks final : public TargetFs {
 public:
  bool make_link(int, const std::string&, int, const std::string&) override { return false; }
};

TEST_F(HardLinksTest, ThoseThatAreRightStay) {
  const Node first = linked(file("a", {"shared"}), 77);
  Node second = first;
  second.name = "b";
  restore({first, second});
  const struct stat before = status("a");
  restore({first, second});
  EXPECT_EQ(status("a").st_ino, before.st_ino);
  EXPECT_EQ(status("b").st_ino, before.st_ino);
  EXPECT_EQ(Timestamp::from(status("a").st_ctim), Timestamp::from(before.st_ctim));
}

TEST_F(HardLinksTest, NeverLeadToAFileThatWasSkipped) {
  put("a", "mine");
  const Node first = linked(file("a", {"shared"}), 77);
  Node second = first;
  second.name = "b";
  options.overwrite = Overwrite::kNever;
  restore({first, second});
  EXPECT_EQ(content("a"), "mine");
  EXPECT_EQ(content("b"), "shared");
}

TEST_F(HardLinksTest, NeverLeadToAnOlderFileWhenTheContentIsDamaged) {
  put("a", "older");
  put("b", "older, too");
  const std::vector<Node> nodes = names({"a", "b", "c"}, {"shared"});
  maker.flush();
  maker.damage({BlobType::kData, nodes.front().content.front()});
  restore(nodes);
  EXPECT_THAT(progress.failures(),
              ElementsAre(HasSubstr("/a: no intact copy"), HasSubstr("/b: no intact copy"),
                          HasSubstr("/c: no intact copy")));
  EXPECT_EQ(content("a"), "older");
  EXPECT_EQ(content("b"), "older, too");
  EXPECT_FALSE(exists("c"));
  EXPECT_EQ(progress.files_restored, 0U);
}

TEST_F(HardLinksTest, DamagedContentIsNoLossWhereItIsThereAlready) {
  put("b", "shared");
  const std::vector<Node> nodes = names({"a", "b"}, {"shared"});
  maker.flush();
  maker.damage({BlobType::kData, nodes.front().content.front()});
  restore(nodes);
  EXPECT_THAT(progress.failures(), ElementsAre(HasSubstr("/a: no intact copy")));
  EXPECT_EQ(content("b"), "shared");
  EXPECT_THAT(progress.items(), ElementsAre("unchanged /b"));
}

TEST_F(HardLinksTest, WhereTheFirstNameHasNoRoomTheNextOneHasTheContent) {
  put("a/in it", "mine");
  put("b", "in the way");
  restore(names({"a", "b", "c"}, {"shared"}));
  EXPECT_THAT(progress.failures(), ElementsAre(HasSubstr("/a: there is a directory with files")));
  EXPECT_EQ(content("a/in it"), "mine");
  EXPECT_EQ(content("b"), "shared");
  EXPECT_TRUE(are_linked("b", "c"));
  EXPECT_EQ(progress.files_restored, 2U);
  EXPECT_EQ(progress.files_total, 3U);
}

TEST_F(HardLinksTest, BecomeFilesOfTheirOwnWhereThereAreNone) {
  put("b", "in the way");
  FsWithoutLinks without;
  const std::vector<Node> nodes = names({"a", "b", "c"}, {"shared"});
  restore_with(without, nodes);
  EXPECT_THAT(progress.failures(), IsEmpty());
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(content(name), "shared") << name;
  EXPECT_FALSE(are_linked("a", "b"));
  EXPECT_FALSE(are_linked("a", "c"));
  EXPECT_EQ(progress.files_total, 3U);
  EXPECT_EQ(progress.files_restored, 3U);
  EXPECT_EQ(progress.bytes_restored, progress.bytes_total);
  EXPECT_THAT(entries(), UnorderedElementsAre("a", "b", "c"));

  const ino_t before = status("c").st_ino;
  restore_with(without, nodes);
  EXPECT_EQ(status("c").st_ino, before) << "made anew";
  EXPECT_EQ(progress.files_skipped, 3U);
}

TEST_F(HardLinksTest, WhatIsInTheWayStaysUntilThereIsTheLink) {
  /// The disk fails.
  class BrokenFs final : public TargetFs {
   public:
    bool make_link(int, const std::string&, int, const std::string&) override {
      fail_with_errno(EIO, "make the hard link");
    }
  } broken;
  put("b", "mine");
  restore_with(broken, names({"a", "b"}, {"shared"}));
  EXPECT_THAT(progress.failures(), ElementsAre(HasSubstr("/b: cannot make the hard link")));
  EXPECT_EQ(content("b"), "mine");
  EXPECT_THAT(entries(), UnorderedElementsAre("a", "b"));
}

TEST_F(HardLinksTest, TakeThePlaceOfAnything) {
  put("b", "in the way");
  std::filesystem::create_symlink("nowhere", at("c"));
  scratch.make_directory("target/d");
  put("e/in it", "mine");
  put(".snapfs-link-0", "mine, too");
  restore(names({"a", "b", "c", "d", "e"}, {"shared"}));
  EXPECT_THAT(progress.failures(), ElementsAre(HasSubstr("/e: there is a directory with files")));
  for (const char* name : {"b", "c", "d"}) EXPECT_TRUE(are_linked("a", name)) << name;
  EXPECT_EQ(content("e/in it"), "mine");
  EXPECT_EQ(content(".snapfs-link-0"), "mine, too");
  EXPECT_THAT(entries(), UnorderedElementsAre("a", "b", "c", "d", "e", ".snapfs-link-0"));

  options.remove_unexpected = true;
  restore(names({"a", "b", "c", "d", "e"}, {"shared"}));
  EXPECT_EQ(progress.errors, 1U);
  EXPECT_TRUE(are_linked("a", "e"));
  EXPECT_THAT(entries(), UnorderedElementsAre("a", "b", "c", "d", "e"));
}

TEST_F(HardLinksTest, NeverLeadToWhatTookThePlaceOfTheFirstName) {
  /// Puts another file in its place as soon as it is complete.
  class SwappingProgress final : public RestoreProgress {
   public:
    explicit SwappingProgress(std::string path) : path_(std::move(path)) {}
    bool wants_items() const noexcept override { return true; }
    void report_warning(const std::string&, const std::string&) override {}
    void show_item(const RestoredItem& item) override {
      if (item.path != "/a") return;
      std::ofstream(path_ + ".new") << "somebody else's";
      std::filesystem::rename(path_ + ".new", path_);
    }

   private:
    void show_error(const std::string& path, const std::string& message) override {
      ADD_FAILURE() << path << ": " << message;
    }
    const std::string path_;
  } swapping(at("a"));
  const Id tree = maker.add_tree(names({"a", "b", "c"}, {"shared"}));
  maker.flush();
  restore_tree(maker.repository(), tree, target(), options, swapping, {});
  EXPECT_EQ(content("a"), "somebody else's");
  EXPECT_EQ(content("b"), "shared");
  EXPECT_TRUE(are_linked("b", "c"));
}

TEST_F(HardLinksTest, StatesOfAFileThatDifferAreFilesOfTheirOwn) {
  // As in a snapshot that was put together from trees of different times.
  restore({directory("yesterday", names({"a", "b"}, {"the same, ", "old"})),
           directory("today", names({"a", "b"}, {"the same, ", "new"})),
           directory("tomorrow", names({"a", "b"}, {"the same, ", "new"})),
           directory("long ago", names({"a", "b"}, {}))});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(content("yesterday/a"), "the same, old");
  EXPECT_EQ(content("today/a"), "the same, new");
  EXPECT_EQ(content("long ago/a"), "");
  EXPECT_TRUE(are_linked("yesterday/a", "yesterday/b"));
  EXPECT_TRUE(are_linked("long ago/a", "long ago/b"));
  EXPECT_TRUE(are_linked("today/a", "today/b"));
  EXPECT_TRUE(are_linked("today/a", "tomorrow/b"));
}

TEST_F(HardLinksTest, AFileThatHoldsTheIdsOfAnotherOnesContentIsNoOtherNameOfIt) {
  const Node list = linked(file("list", {"one, ", "two"}), 77);
  std::string ids;
  std::string counted(sizeof(std::uint64_t), '\0');
  counted.front() = 2;
  for (const Id& id : list.content) {
    const std::string bytes(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
    ids += bytes;
    counted += bytes;
  }
  const Node forged = linked(file("forged", {ids}), 77);
  const Node counting = linked(file("counting", {counted}), 77);
  const Node split = linked(file("split", {ids.substr(0, 32), ids.substr(32)}), 77);
  restore({list, forged, counting, split});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_EQ(content("list"), "one, two");
  EXPECT_EQ(content("forged"), ids);
  EXPECT_EQ(content("counting"), counted);
  EXPECT_EQ(content("split"), ids);
  EXPECT_EQ(status("list").st_nlink, 1U);
}

TEST_F(HardLinksTest, AreMadeAcrossPlans) {
  std::vector<Node> nodes;
  for (int i = 0; i < 30; ++i) {
    nodes.push_back(directory("d" + std::to_string(i),
                              {linked(file("f", {"shared"}), 5, 31), file("g", {"more"})}));
  }
  nodes.push_back(linked(file("f", {"shared"}), 5, 31));
  put("f/in it", "whose name has no room");
  put("d7/f/in it", "nor has this one");
  options.plan_bytes = 1000;
  restore(nodes);
  EXPECT_EQ(progress.errors, 2U);
  for (int i = 0; i < 30; ++i) {
    if (i == 7) continue;
    EXPECT_TRUE(are_linked("d1/f", "d" + std::to_string(i) + "/f")) << i;
  }
}

}  // namespace
}  // namespace snapfs::test
