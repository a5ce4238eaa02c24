// Mountpoints that are refused, and how errors become error numbers.
#include "mount/fuse/mountpoint.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/base/file.h"
#include "mount/fuse/errno_guard.h"
#include "mount/model/ino.h"
#include "tests/mount/fuse/mounted_repository.h"

namespace snapfs {
namespace {

using test::ScratchDirectory;
using ::testing::AnyOf;
using ::testing::HasSubstr;

/// What check_mountpoint says; empty when it agrees.
std::string refusal(const std::string& mountpoint, const std::string& repository) {
  try {
    check_mountpoint(mountpoint, repository);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

class Mountpoint : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"repo", "repo/data", "repo-2", "other"}) {
      ASSERT_EQ(::mkdir(below(name).c_str(), 0700), 0);
    }
  }
  void TearDown() override {
    for (const char* name : {"link", "repo/data", "repo", "repo-2", "other", "file"}) {
      ::remove(below(name).c_str());
    }
  }
  std::string below(const std::string& name) const { return scratch_.path() + "/" + name; }

  ScratchDirectory scratch_;
};

TEST_F(Mountpoint, OverlapWithTheRepositoryIsRefused) {
  EXPECT_THAT(refusal(below("repo"), below("repo")), HasSubstr("overlaps the repository"));
  EXPECT_THAT(refusal(below("repo/data"), below("repo")), HasSubstr("overlaps the repository"));
  EXPECT_THAT(refusal(scratch_.path(), below("repo")), HasSubstr("overlaps the repository"));
  // Other tests may have something mounted.
  EXPECT_THAT(refusal("/", below("repo")),
              AnyOf(HasSubstr("overlaps the repository"), HasSubstr("would be hidden")));
}

TEST_F(Mountpoint, OverlapIsFoundThroughSymbolicLinks) {
  ASSERT_EQ(::symlink("repo", below("link").c_str()), 0);
  EXPECT_THAT(refusal(below("link/data"), below("repo")), HasSubstr("overlaps the repository"));
  EXPECT_THAT(refusal(below("repo/data/.."), below("link")), HasSubstr("overlaps the repository"));
}

TEST_F(Mountpoint, SiblingsAreFine) {
  EXPECT_EQ(refusal(below("other"), below("repo")), "");
  EXPECT_EQ(refusal(below("repo-2"), below("repo")), "");
  EXPECT_EQ(refusal(below("other"), ""), "");
}

TEST_F(Mountpoint, MissingOrNotADirectoryIsRefused) {
  open_file(below("file"), O_CREAT | O_WRONLY, 0600);
  EXPECT_THAT(refusal(below("absent"), ""), HasSubstr("does not exist"));
  EXPECT_THAT(refusal(below("file"), ""), HasSubstr("is not a directory"));
}

TEST(StaleMountpoint, IsRefusedWithTheCommandThatClearsIt) {
  if (const std::string reason = test::why_not_mountable(); !reason.empty()) {
    GTEST_SKIP() << reason;
  }
  test::MountedRepository mounted;
  int ready[2] = {};
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    mounted.mount();
    [[maybe_unused]] const auto written = ::write(ready[1], "r", 1);
    while (true) ::pause();
  }
  ::close(ready[1]);
  char byte = 0;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);

  EXPECT_THAT(refusal(mounted.path(), ""), HasSubstr("snapfs umount " + mounted.path()));
  EXPECT_TRUE(test::force_unmount(mounted.path()));
  EXPECT_EQ(refusal(mounted.path(), ""), "");
}

TEST(ErrnoGuard, MapsErrorsToNumbers) {
  const auto number = [](ErrorCode code) { return errno_of(Error(code, "what")); };
  EXPECT_EQ(number(ErrorCode::kDamaged), EIO);
  EXPECT_EQ(number(ErrorCode::kNotFound), EIO);
  EXPECT_EQ(number(ErrorCode::kCancelled), EINTR);
  EXPECT_EQ(number(ErrorCode::kUsage), EINVAL);
  EXPECT_EQ(number(ErrorCode::kUnavailable), ETIMEDOUT);
  EXPECT_EQ(number(ErrorCode::kWrongCredentials), EACCES);
}

TEST(ErrnoGuard, FailsOnceAndHandsOnNothing) {
  int failures = 0;
  int error = 0;
  const auto fail = [&](int code) {
    ++failures;
    error = code;
  };
  EXPECT_FALSE(guard("test", fail, []() -> int { throw StaleInode(7); }));
  EXPECT_EQ(error, ESTALE);
  EXPECT_FALSE(guard("test", fail, []() -> int { throw std::bad_alloc(); }));
  EXPECT_EQ(error, ENOMEM);
  EXPECT_EQ(guard("test", fail, [] { return 5; }), 5);
  EXPECT_EQ(failures, 2);
}

}  // namespace
}  // namespace snapfs
