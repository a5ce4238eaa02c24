// Default access control lists above and in the target: nothing that a restore makes keeps what it
// inherits, however it is chosen and whatever is filtered.
#include <sys/xattr.h>

#include <gmock/gmock.h>

#include "tests/fs/restore/restore_scene.h"

namespace snapfs::test {
namespace {

using ::testing::IsEmpty;

/// "user:7:rwx" beside the three that every file has, as the kernel has it in an attribute.
constexpr std::string_view kList(
    "\x02\x00\x00\x00"
    "\x01\x00\x07\x00\xff\xff\xff\xff"
    "\x02\x00\x07\x00\x07\x00\x00\x00"
    "\x04\x00\x05\x00\xff\xff\xff\xff"
    "\x10\x00\x07\x00\xff\xff\xff\xff"
    "\x20\x00\x05\x00\xff\xff\xff\xff",
    44);

class InheritedListsTest : public RestoreTest {
 protected:
  /// Whether the directory got a default list.
  bool give_list(const std::string& path) {
    return ::setxattr(path.c_str(), "system.posix_acl_default", kList.data(), kList.size(), 0) == 0;
  }

  /// Something of everything.
  std::vector<Node> scene() {
    const auto with = [](Node node, unsigned permissions) {
      node.permissions = permissions;
      return node;
    };
    return {with(directory(
                     "a", {with(directory("b", {with(file("f", {"secret"}), 0640),
                                                with(file("large", {"more ", "secret"}), 0640),
                                                with(file("empty", {}), 0640),
                                                with(own(make_node("fifo", NodeType::kFifo)), 0660),
                                                with(directory("c", {}), 0770)}),
                                0770)}),
                 0770),
            with(file("top", {"secret"}), 0640),
            with(own(make_node("top fifo", NodeType::kFifo)), 0660), symlink("link", "x")};
  }

  /// Everything below the target, and it, that has a list.
  std::vector<std::string> listed(bool with_target = false) const {
    std::vector<std::string> found;
    const auto look = [&found](const std::string& path) {
      for (const char* name : {"system.posix_acl_access", "system.posix_acl_default"}) {
        if (::lgetxattr(path.c_str(), name, nullptr, 0) > 0) found.push_back(path + " " + name);
      }
    };
    if (with_target) look(target());
    for (const auto& entry : std::filesystem::recursive_directory_iterator(target())) {
      look(entry.path().string());
    }
    return found;
  }

  void choose_below() {
    options.select = [](const std::string& path, bool is_directory) {
      const bool item = path.starts_with("/a/b/") || path.starts_with("/top");
      return Selected{item, is_directory};
    };
  }
};

TEST_F(InheritedListsTest, NoneIsLeftWithAndWithoutAChoice) {
  scratch.make_directory("parent");
  if (!give_list(scratch / "parent")) GTEST_SKIP() << "no access control lists here";
  for (const bool chosen : {false, true}) {
    for (const bool filtered : {false, true}) {
      if (chosen) choose_below();
      // Without lists of the snapshot, others are not wanted either.
      if (filtered) options.select_attribute = [](const std::string&) { return false; };
      std::filesystem::remove_all(scratch / "parent/new");
      const Id tree = maker.add_tree(scene());
      maker.flush();
      restore_tree(maker.repository(), tree, scratch / "parent/new/target", options, progress, {});
      std::filesystem::remove_all(target());
      std::filesystem::rename(scratch / "parent/new/target", target());
      EXPECT_THAT(progress.failures(), IsEmpty());
      EXPECT_THAT(listed(true), IsEmpty()) << chosen << filtered;
      EXPECT_EQ(status("a/b/f").st_mode & 07777, 0640U);
      EXPECT_EQ(status("a/b/fifo").st_mode & 07777, 0660U);
      options = {};
    }
  }
}

TEST_F(InheritedListsTest, NoneComesFromWhatWasThere) {
  for (const bool chosen : {false, true}) {
    for (const bool filtered : {false, true}) {
      std::filesystem::remove_all(target());
      scratch.make_directory("target/a/other");
      if (!give_list(target()) || !give_list(at("a")) || !give_list(at("a/other"))) {
        GTEST_SKIP() << "no access control lists here";
      }
      if (chosen) choose_below();
      if (filtered) options.select_attribute = [](const std::string&) { return false; };
      restore(scene());
      EXPECT_THAT(progress.failures(), IsEmpty());
      // What is not of the snapshot keeps its own, and so does all that was there where no list of
      // the snapshot is wanted.
      std::vector<std::string> expected = {at("a/other") + " system.posix_acl_default"};
      if (filtered) expected.insert(expected.begin(), at("a") + " system.posix_acl_default");
      EXPECT_THAT(listed(), ::testing::UnorderedElementsAreArray(expected)) << chosen << filtered;
      options = {};
    }
  }
}

TEST_F(InheritedListsTest, ThoseOfTheSnapshotStay) {
  scratch.make_directory("target");
  if (!give_list(target())) GTEST_SKIP() << "no access control lists here";
  Node inner = directory("inner", {file("f", {"x"})});
  inner.permissions = 0750;
  inner.extended_attributes = {{"system.posix_acl_default", copy_of(as_bytes(kList))}};
  restore({inner});
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_THAT(listed(), ::testing::ElementsAre(at("inner") + " system.posix_acl_default"));
}

TEST_F(InheritedListsTest, NobodyElseCanReadWhatIsIncomplete) {
  scratch.make_directory("target");
  if (!give_list(target())) GTEST_SKIP() << "no access control lists here";
  /// Looks at every change whether the group's bits, which bound all lists, let anybody in.
  class Watching final : public TargetFs {
   public:
    explicit Watching(std::string path) : path_(std::move(path)) {}
    void before_change() override {
      for (const char* name : {"/a", "/a/b", "/a/b/large"}) {
        struct stat now {};
        if (::lstat((path_ + name).c_str(), &now) != 0) continue;
        const bool complete = (now.st_mode & 07777) == 0640 || (now.st_mode & 07777) == 0770;
        if (complete &&
            ::lgetxattr((path_ + name).c_str(), "system.posix_acl_access", nullptr, 0) > 0) {
          ADD_FAILURE() << name << " can be read by others";
        }
        if (!complete && (now.st_mode & 0077) != 0) ADD_FAILURE() << name << " is open";
      }
    }

   private:
    const std::string path_;
  } watching(target());
  restore_with(watching, scene());
  EXPECT_THAT(progress.failures(), IsEmpty());
}

}  // namespace
}  // namespace snapfs::test
