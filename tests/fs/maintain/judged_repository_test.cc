// What the sweep over all damage would not overlook.
#include "tests/fs/maintain/judged_repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/repo/lock_info.h"

namespace snapfs::test {
namespace {

using ::testing::HasSubstr;

class JudgedRepositoryTest : public ::testing::Test {
 protected:
  FileKey first(FileKind kind) { return {kind, judged_.backend().list(kind, {}).front().id}; }

  JudgedRepository judged_{2, 600};
};

TEST_F(JudgedRepositoryTest, IsRightAsItWasMade) { EXPECT_EQ(judged_.judge(false), ""); }

TEST_F(JudgedRepositoryTest, OtherBytesAreWrong) {
  judged_.contents().begin()->second.back() ^= 1;
  EXPECT_THAT(judged_.judge(true), HasSubstr("has bytes that were never stored"));
}

TEST_F(JudgedRepositoryTest, AFileThatNobodyStoredIsWrong) {
  judged_.contents().erase(judged_.contents().begin());
  EXPECT_THAT(judged_.judge(true), HasSubstr("was never stored"));
}

TEST_F(JudgedRepositoryTest, WhatIsMissingWithoutAnErrorIsWrong) {
  judged_.backend().remove(first(FileKind::kSnapshot), {});
  EXPECT_THAT(judged_.judge(false), HasSubstr("no error says so"));
  EXPECT_EQ(judged_.judge(true), "");
}

TEST_F(JudgedRepositoryTest, ALockThatNobodyWroteIsWrong) {
  LockInfo lock;
  lock.hostname = "another";
  judged_.maker().repository().save_file(FileKind::kLock, as_bytes(encode_lock(lock)), {});
  EXPECT_THAT(judged_.judge(true), HasSubstr("a lock was never stored"));
}

TEST_F(JudgedRepositoryTest, AnErrorMayStandForWhatIsMissing) {
  judged_.backend().remove(first(FileKind::kPack), {});
  EXPECT_EQ(judged_.judge(false), "");
}

}  // namespace
}  // namespace snapfs::test
