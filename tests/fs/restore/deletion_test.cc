// --delete: as deep as directories get, with few descriptors, over what shuts its owner out, and
// never into another file system or beside the paths that the snapshot is of.
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <functional>

#include <gmock/gmock.h>

#include "fs/restore/whole_directories.h"
#include "fs/tree/snapshot_path.h"
#include "tests/fs/restore/restore_scene.h"

namespace snapfs::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr uid_t kOrdinaryUser = 4711;

class DeletionTest : public RestoreTest {
 protected:
  DeletionTest() { options.remove_unexpected = true; }

  /// In the target, each in the one before, and a file in the last.
  void make_deep(int depth) {
    scratch.make_directory("target");
    UniqueFd fd = open_file(target(), O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < depth; ++i) {
      ASSERT_EQ(::mkdirat(fd.get(), "d", 0700), 0);
      fd = fs.open_directory(fd.get(), "d");
    }
    fs.create_file(fd.get(), "end");
  }

  static void limit_descriptors(rlim_t count) {
    const rlimit limit = {count, count};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }

  /// In a child, which may do what it likes to itself; 77 says that it may not.
  void in_child(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
      const int result = body();
      ::_exit(result != 0 ? result : HasFailure() ? 1 : 0);
    }
    int state = 0;
    ASSERT_EQ(::waitpid(child, &state, 0), child);
    if (WIFEXITED(state) && WEXITSTATUS(state) == 77) GTEST_SKIP() << "not allowed here";
    EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0);
  }

  /// As somebody to whom permissions mean something.
  void as_ordinary_user(const std::function<void()>& body) {
    in_child([&] {
      if (::geteuid() == 0) {
        std::filesystem::permissions(scratch.path(), std::filesystem::perms::all);
        for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.path())) {
          if (entry.path().string().find("theirs") != std::string::npos) continue;
          if (::lchown(entry.path().c_str(), kOrdinaryUser, kOrdinaryUser) != 0) return 77;
        }
        if (::setgid(kOrdinaryUser) != 0 || ::setuid(kOrdinaryUser) != 0) return 77;
      }
      body();
      return 0;
    });
  }

  void with_mounts(const std::function<void()>& body) {
    in_child([&] {
      if (::unshare(CLONE_NEWNS) != 0 ||
          ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return 77;
      }
      body();
      return 0;
    });
  }

  /// With a target in memory if that may be: on a disk 20,000 directories take a minute to remove.
  void in_memory(const std::function<void()>& body) {
    scratch.make_directory("target");
    in_child([&] {
      if (::unshare(CLONE_NEWNS) == 0 &&
          ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0) {
        static_cast<void>(::mount("tmpfs", target().c_str(), "tmpfs", 0, nullptr));
      }
      body();
      return 0;
    });
  }

  void permit(std::string_view name, unsigned mode) const {
    ASSERT_EQ(::chmod(at(name).c_str(), mode), 0);
  }

  /// Restores a snapshot of these paths, as "snapfs restore ID:FOLDER --delete" does.
  void restore_snapshot(std::vector<std::string> paths, std::vector<Node> nodes,
                        const std::string& folder = "") {
    Snapshot snapshot;
    snapshot.paths = std::move(paths);
    snapshot.tree = maker.add_tree(std::move(nodes));
    maker.flush();
    const Id tree = find_directory(maker.repository(), snapshot.tree, folder, {});
    options.is_whole = whole_directories(maker.repository(), snapshot, folder, {});
    restore_tree(maker.repository(), tree, target(), options, progress, {});
  }
};

TEST_F(DeletionTest, AsDeepAsDirectoriesGet) {
  in_memory([&] {
    make_deep(20000);
    restore({file("file", {"x"})});
    EXPECT_THAT(progress.failures(), IsEmpty());
    EXPECT_FALSE(exists("d"));
    EXPECT_EQ(progress.files_deleted, 20001U);
  });
}

TEST_F(DeletionTest, WithFewDescriptors) {
  in_memory([&] {
    make_deep(1100);
    put("in the way/of/a/file", "x");
    limit_descriptors(64);
    Node node = file("end", {"x"});
    for (int i = 0; i < 200; ++i) node = directory("n", {node});
    restore({file("file", {"x"}), file("in the way", {"y"}), node});
    EXPECT_THAT(progress.failures(), IsEmpty());
    EXPECT_FALSE(exists("d"));
    EXPECT_EQ(content("in the way"), "y");
  });
}

TEST_F(DeletionTest, DryRunListsAllOfItAndChangesNothing) {
  make_deep(30);
  put("d/f", "x");
  options.dry_run = true;
  restore({file("file", {"x"})});
  EXPECT_EQ(progress.files_deleted, 32U);
  EXPECT_TRUE(exists("d/f"));
  EXPECT_THAT(progress.items(), Contains("deleted /d/d/d"));
}

TEST_F(DeletionTest, OwnDirectoriesThatShutOutTheirOwner) {
  for (const char* name : {"read only/a/b", "closed/a/b", "only search/a/b"}) put(name, "x");
  as_ordinary_user([&] {
    permit("read only/a", 0555);
    permit("read only", 0555);
    permit("closed/a", 0);
    permit("closed", 0);
    permit("only search", 0111);
    restore({file("file", {"x"})});
    EXPECT_THAT(progress.failures(), IsEmpty());
    for (const char* name : {"read only", "closed", "only search"}) EXPECT_FALSE(exists(name));
  });
}

TEST_F(DeletionTest, PermissionsComeBackWhereSomethingStays) {
  put("kept/mine", "x");
  put("kept/theirs/file", "x");
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  as_ordinary_user([&] {
    permit("kept", 0555);
    restore({file("file", {"x"})});
    EXPECT_THAT(progress.failures(),
                ElementsAre(HasSubstr("/kept/theirs/file: cannot remove the file")));
    EXPECT_FALSE(exists("kept/mine"));
    EXPECT_EQ(status("kept").st_mode & 07777, 0555U);
  });
}

TEST_F(DeletionTest, DryRunIsNotStoppedByPermissionsThatARealRunChanges) {
  for (const char* name : {"closed/f", "only search/f", "only list/f", "surplus/f"}) put(name, "x");
  scratch.make_directory("target/empty");
  as_ordinary_user([&] {
    permit("closed", 0);
    permit("only search", 0111);
    permit("only list", 0444);
    permit("surplus", 0);
    std::vector<Node> nodes = {directory("closed", {file("f", {"y"})}),
                               directory("only search", {file("f", {"y"})}),
                               directory("only list", {file("f", {"y"})})};
    permit("empty", 0);
    nodes.push_back(file("empty", {"in its place"}));
    options.remove_unexpected = false;
    options.dry_run = true;
    restore(nodes);
    EXPECT_THAT(progress.failures(), IsEmpty());
    EXPECT_THAT(progress.warnings(), ElementsAre(HasSubstr("/closed: its permissions hide"),
                                                 HasSubstr("/only list: its permissions hide"),
                                                 HasSubstr("/only search: its permissions hide")));
    options.remove_unexpected = true;
    progress.files_restored = 0;
    restore(nodes);
    EXPECT_THAT(progress.failures(), IsEmpty());
    const std::uint64_t expected = progress.files_restored;
    EXPECT_EQ(status("closed").st_mode & 07777, 0U);
    options.dry_run = false;
    progress.files_restored = 0;
    restore(nodes);
    EXPECT_THAT(progress.failures(), IsEmpty());
    EXPECT_EQ(progress.files_restored, expected);
    EXPECT_FALSE(exists("surplus"));
  });
}

TEST_F(DeletionTest, WhatCannotBeRemovedIsNamedAndAllElseGoes) {
  put("gone/1", "x");
  put("gone/deep/stays", "x");
  put("gone/deep/goes", "x");
  put("gone/9", "x");
  const UniqueFd fd = open_file(at("gone/deep/stays"), O_RDONLY);
  int flags = FS_IMMUTABLE_FL;
  if (::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags) != 0) GTEST_SKIP() << "no immutable files here";
  restore({file("file", {"x"})});
  flags = 0;
  EXPECT_EQ(::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags), 0);
  EXPECT_THAT(progress.failures(),
              ElementsAre(AllOf(HasSubstr("/gone/deep/stays: cannot remove the file:"),
                                HasSubstr("immutable"))));
  EXPECT_TRUE(exists("gone/deep/stays"));
  EXPECT_FALSE(exists("gone/deep/goes"));
  EXPECT_FALSE(exists("gone/1"));
  EXPECT_FALSE(exists("gone/9"));
}

TEST_F(DeletionTest, NeverInWhatIsMountedBelow) {
  put("surplus/keep", "hidden by what is mounted");
  put("surplus/goes", "x");
  put("bound/keep", "x");
  scratch.write("elsewhere/file", "not ours");
  scratch.make_directory("target/surplus/tmp");
  scratch.make_directory("target/surplus/bound");
  scratch.make_directory("target/known");
  with_mounts([&] {
    ASSERT_EQ(::mount("tmpfs", at("surplus/tmp").c_str(), "tmpfs", 0, "size=1m"), 0);
    put("surplus/tmp/theirs", "x");
    // The same file system, under another name.
    ASSERT_EQ(::mount((scratch / "elsewhere").c_str(), at("surplus/bound").c_str(), nullptr,
                      MS_BIND, nullptr),
              0);
    ASSERT_EQ(::mount("tmpfs", at("known").c_str(), "tmpfs", 0, "size=1m"), 0);
    put("known/deep/theirs", "x");
    restore({directory("known", {directory("deep", {})}), file("file", {"x"})});
    EXPECT_THAT(progress.failures(), IsEmpty());
    EXPECT_THAT(progress.warnings(),
                ElementsAre(HasSubstr("/known: another file system is mounted here"),
                            HasSubstr("/surplus/bound: not deleted"),
                            HasSubstr("/surplus/tmp: not deleted")));
    EXPECT_TRUE(exists("surplus/tmp/theirs"));
    EXPECT_TRUE(exists("surplus/bound/file"));
    EXPECT_TRUE(exists("known/deep/theirs"));
    EXPECT_FALSE(exists("surplus/goes"));
    EXPECT_FALSE(exists("bound"));
  });
}

TEST_F(DeletionTest, NeverForAFileInThePlaceOfADirectoryWithAMount) {
  put("file/x", "x");
  scratch.make_directory("target/file/tmp");
  with_mounts([&] {
    ASSERT_EQ(::mount("tmpfs", at("file/tmp").c_str(), "tmpfs", 0, "size=1m"), 0);
    put("file/tmp/theirs", "x");
    restore({file("file", {"x"})});
    EXPECT_THAT(progress.failures(),
                ElementsAre(HasSubstr("/file: there is a directory in its place that cannot")));
    EXPECT_TRUE(exists("file/tmp/theirs"));
  });
}

TEST_F(DeletionTest, NotBesideThePathsOfTheSnapshot) {
  put("photos/1.jpg", "mine");
  put("docs/surplus", "x");
  const std::vector<Node> nodes = {
      directory("home", {directory("a", {directory("docs", {file("letter", {"x"})})})})};
  options.dry_run = true;
  restore_snapshot({"/home/a/docs"}, nodes, "home/a");
  EXPECT_THAT(progress.items(), Contains("deleted /docs/surplus"));
  EXPECT_EQ(progress.files_deleted, 1U);
  options.dry_run = false;
  restore_snapshot({"/home/a/docs"}, nodes, "home/a");
  EXPECT_THAT(progress.failures(), IsEmpty());
  EXPECT_THAT(progress.warnings(), Contains(AllOf(HasSubstr("/: not deleted: photos;"),
                                                  HasSubstr("--delete-outside-paths"))));
  EXPECT_TRUE(exists("photos/1.jpg"));
  EXPECT_TRUE(exists("docs/letter"));
  EXPECT_FALSE(exists("docs/surplus"));
}

TEST_F(DeletionTest, NotBesideAFileThatTheSnapshotIsOf) {
  put("other", "mine");
  restore_snapshot({"/home/a/letter"},
                   {directory("home", {directory("a", {file("letter", {"x"})})})}, "/home/a");
  EXPECT_TRUE(exists("other"));
  EXPECT_THAT(progress.warnings(), ElementsAre(HasSubstr("other")));
}

TEST_F(DeletionTest, InAllOfSeveralPathsAndBelow) {
  for (const char* name : {"home/a/x", "home/b/x", "home/c/x", "srv/x", "y"}) put(name, "mine");
  restore_snapshot({"/home/a", "/srv", "/home/b/deep"},
                   {directory("home", {directory("a", {}),
                                       directory("b", {directory("deep", {file("f", {"x"})})})}),
                    directory("srv", {})});
  EXPECT_FALSE(exists("home/a/x"));
  EXPECT_FALSE(exists("srv/x"));
  EXPECT_TRUE(exists("home/b/x"));
  EXPECT_TRUE(exists("home/c/x"));
  EXPECT_TRUE(exists("y"));
}

TEST_F(DeletionTest, PathsAsOthersStoreThem) {
  struct Case {
    std::vector<std::string> paths;
    std::vector<Node> nodes;
    bool top = false;     ///< what is at the top goes
    bool inside = false;  ///< what is in "docs" goes
  };
  const auto docs = [&] { return directory("docs", {file("f", {"x"})}); };
  const std::vector<Case> cases = {
      {{"/"}, {docs()}, true, true},
      {{"/home/me/docs"}, {docs()}, false, true},      // "docs", relative
      {{"/home/me"}, {docs()}, true, true},            // "."
      {{"/srv", "/home/me"}, {docs()}, false, false},  // cannot be told
      {{"/docs", "/gone/x"}, {docs()}, false, true},   // one was not there
      {{"/home/me/docs/"}, {docs()}, false, true},
      {{}, {docs()}, false, false},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    put("y", "mine");
    put("docs/x", "mine");
    restore_snapshot(cases[i].paths, cases[i].nodes);
    EXPECT_EQ(exists("y"), !cases[i].top) << i;
    EXPECT_EQ(exists("docs/x"), !cases[i].inside) << i;
  }
  put("C/x", "mine");
  put("C/Users/x", "mine");
  restore_snapshot({"C:\\Users"}, {directory("C", {directory("Users", {file("f", {"x"})})})});
  EXPECT_TRUE(exists("C/x"));
  EXPECT_FALSE(exists("C/Users/x"));
}

TEST_F(DeletionTest, OfManyFilesFewWordsAreMade) {
  std::vector<std::string> paths;
  std::vector<Node> nodes;
  for (int i = 0; i < 50; ++i) {
    const std::string name = "d" + std::to_string(i);
    paths.push_back("/home/me/" + name + "/f");  // relative ones
    nodes.push_back(directory(name, {file("f", {"x"})}));
    put(name + "/mine", "x");
  }
  restore_snapshot(paths, nodes);
  EXPECT_EQ(progress.files_deleted, 0U);
  EXPECT_EQ(progress.warnings().size(), 11U);
}

TEST_F(DeletionTest, EmptySnapshotDeletesNothing) {
  put("mine", "x");
  restore_snapshot({"/home/me"}, {});
  EXPECT_TRUE(exists("mine"));
}

}  // namespace
}  // namespace snapfs::test
