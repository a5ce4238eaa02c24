// Which files and directories are believed, for root and for others. Owners can only be tried by
// root.
#include "cli/profile/profile_trust.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/support/fails_with.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::fails_with;

constexpr uid_t kRoot = 0;
constexpr uid_t kSomebody = 12345;
constexpr uid_t kSomebodyElse = 12346;

class ProfileTrust : public ::testing::Test {
 protected:
  ProfileTrust() {
    std::filesystem::create_directories(scratch_ / "above/below");
    std::ofstream(path()) << "x = 1\n";
    for (const char* const place : {"above", "above/below"}) set_mode(scratch_ / place, 0755);
    set_mode(path(), 0644);
  }

  std::string above() const { return scratch_ / "above"; }
  std::string below() const { return scratch_ / "above/below"; }
  std::string path() const { return scratch_ / "above/below/home.toml"; }

  static void set_mode(const std::string& path, ::mode_t mode) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0) << path;
  }
  static void give(const std::string& path, uid_t owner) {
    ASSERT_EQ(::lchown(path.c_str(), owner, owner), 0) << path;
  }

  /// Whether it is refused for `user`, with these words.
  ::testing::AssertionResult is_refused(uid_t user, const std::string& words,
                                        const std::string& way) const {
    return fails_with(ErrorCode::kPermission, words, [&] { require_trusted_way(way, user); });
  }
  ::testing::AssertionResult is_refused(uid_t user, const std::string& words) const {
    return is_refused(user, words, path());
  }

  void require_file(uid_t user) const {
    struct stat status {};
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    require_trusted_file(path(), status, user);
  }

  /// Everything here is somebody's, and all but root can only try their own.
  static uid_t user() { return ::geteuid(); }

  test::TemporaryDirectory scratch_;
};

TEST_F(ProfileTrust, AWayThatNobodyElseCanWriteIsGood) {
  require_trusted_way(path(), user());
  require_file(user());
}

TEST_F(ProfileTrust, ADirectoryThatEverybodyCanWriteIsRefusedHoweverFarAbove) {
  set_mode(below(), 0757);
  EXPECT_TRUE(is_refused(user(), "chmod go-w " + below()));
  set_mode(below(), 0755);
  require_trusted_way(path(), user());
  set_mode(above(), 0777);
  EXPECT_TRUE(is_refused(user(), above() + " can be written by others"));
}

TEST_F(ProfileTrust, TheStickyBitKeepsWhatIsInADirectory) {
  set_mode(above(), 01777);
  require_trusted_way(path(), user());
}

TEST_F(ProfileTrust, AGroupMayWriteUnlessItIsRootWhoReads) {
  set_mode(above(), 0775);
  if (user() != kRoot) return require_trusted_way(path(), user());
  EXPECT_TRUE(is_refused(kRoot, "have root run commands"));
  require_trusted_way(path(), kSomebody);
  set_mode(path(), 0664);
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "chmod go-w", [&] { require_file(kRoot); }));
  require_file(kSomebody);
}

TEST_F(ProfileTrust, OwnersAreOneselfAndRoot) {
  if (user() != kRoot) GTEST_SKIP() << "only root can give files away";
  give(below(), kSomebody);
  give(path(), kSomebody);
  require_trusted_way(path(), kSomebody);
  require_file(kSomebody);
  EXPECT_TRUE(is_refused(kRoot, "keep a copy in /etc/snapfs"));
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "chown root", [&] { require_file(kRoot); }));
  EXPECT_TRUE(is_refused(kSomebodyElse, "keep a copy in ~/.config/snapfs"));
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "keep a copy in ~/.config/snapfs",
                         [&] { require_file(kSomebodyElse); }));
}

TEST_F(ProfileTrust, BothEndsOfALinkCount) {
  const std::string place = scratch_ / "links";
  std::filesystem::create_directory(place);
  set_mode(place, 0755);
  std::filesystem::create_directory_symlink(below(), place + "/absolute");
  std::filesystem::create_directory_symlink("../above/below", place + "/relative");
  for (const std::string name : {"/absolute", "/relative"}) {
    const std::string way = place + name + "/home.toml";
    require_trusted_way(way, user());
    set_mode(place, 0777);
    EXPECT_TRUE(is_refused(user(), place + " can be written", way));
    set_mode(place, 0755);
    set_mode(above(), 0777);
    EXPECT_TRUE(is_refused(user(), above() + " can be written", way));
    set_mode(above(), 0755);
  }
}

TEST_F(ProfileTrust, ALinkInADirectoryForAllHasToBeOnesOwn) {
  if (user() != kRoot) GTEST_SKIP() << "only root can give files away";
  const std::string place = scratch_ / "everybodys";
  std::filesystem::create_directory(place);
  set_mode(place, 01777);
  std::filesystem::create_directory_symlink(below(), place + "/link");
  require_trusted_way(place + "/link/home.toml", kRoot);
  give(place + "/link", kSomebody);
  EXPECT_TRUE(is_refused(kRoot, "/link belongs to another user", place + "/link/home.toml"));
  require_trusted_way(place + "/link/home.toml", kSomebody);
}

TEST_F(ProfileTrust, LinksInACircleAreAnError) {
  std::filesystem::create_symlink("loop", scratch_ / "loop");
  EXPECT_TRUE(fails_with(ErrorCode::kIo, [&] { require_trusted_way(scratch_ / "loop", user()); }));
}

TEST_F(ProfileTrust, WhatIsNotThereIsSaid) {
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound,
                         [&] { require_trusted_way(below() + "/none.toml", user()); }));
}

}  // namespace
}  // namespace snapfs
