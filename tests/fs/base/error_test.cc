#include "fs/base/error.h"

#include <cerrno>
#include <exception>
#include <new>
#include <stdexcept>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

template <class Thrown>
Error as_error(const Thrown& thrown) {
  try {
    throw thrown;
  } catch (...) {
    return current_error();
  }
}

TEST(Error, LackOfResourcesIsNeverALoss) {
  for (const int number : {ENOMEM, EMFILE, ENFILE, ENOBUFS}) {
    const Error error(code_from_errno(number), "x");
    EXPECT_EQ(error.code(), ErrorCode::kOutOfResources) << number;
    EXPECT_FALSE(error.means_loss()) << number;
  }
}

TEST(Error, OnlyStorageThatDoesNotAnswerIsAskedAgain) {
  EXPECT_TRUE(Error(ErrorCode::kUnavailable, "x").retryable());
  for (const int number : {EIO, ENOENT, ENOSPC, EACCES, ENOMEM, EISDIR, ELOOP}) {
    EXPECT_FALSE(Error(code_from_errno(number), "x").retryable()) << number;
  }
}

TEST(Error, AFileSystemThatLostItsServerEndsNoRun) {
  for (const int number : {ETIMEDOUT, ECONNRESET, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENOTCONN}) {
    EXPECT_FALSE(Error(code_from_errno(number), "x").ends_the_run()) << number;
    EXPECT_FALSE(Error(code_from_errno(number), "x").means_loss()) << number;
  }
}

TEST(Error, SaysWhomItMeets) {
  for (const ErrorCode code : {ErrorCode::kDamaged, ErrorCode::kNotFound}) {
    EXPECT_TRUE(Error(code, "x").means_loss());
    EXPECT_TRUE(Error(code, "x").concerns_one_copy());
    EXPECT_FALSE(Error(code, "x").ends_the_run());
  }
  // A bad sector: another copy will do, but nothing is given up because of it.
  EXPECT_FALSE(Error(ErrorCode::kIo, "x").means_loss());
  EXPECT_TRUE(Error(ErrorCode::kIo, "x").concerns_one_copy());
  EXPECT_FALSE(Error(ErrorCode::kIo, "x").ends_the_run());
  for (const ErrorCode code :
       {ErrorCode::kUnavailable, ErrorCode::kWrongCredentials, ErrorCode::kCancelled}) {
    EXPECT_FALSE(Error(code, "x").means_loss());
    EXPECT_FALSE(Error(code, "x").concerns_one_copy());
    EXPECT_TRUE(Error(code, "x").ends_the_run());
  }
}

TEST(Error, KeepsWhenToComeBack) {
  EXPECT_FALSE(Error(ErrorCode::kUnavailable, "x").retry_after());
  const Error busy = Error(ErrorCode::kUnavailable, "busy", "ab")
                         .with_retry_after(std::chrono::milliseconds(1500));
  EXPECT_EQ(busy.retry_after(), std::chrono::milliseconds(1500));
  EXPECT_EQ(busy.subject(), "ab");
}

TEST(Error, TheCurrentExceptionKeepsItsKind) {
  const Error damaged = as_error(Error(ErrorCode::kDamaged, "a pack is damaged", "ab"));
  EXPECT_EQ(damaged.code(), ErrorCode::kDamaged);
  EXPECT_STREQ(damaged.what(), "a pack is damaged");
  EXPECT_EQ(damaged.subject(), "ab");
  EXPECT_EQ(as_error(std::bad_alloc()).code(), ErrorCode::kOutOfResources);
  const Error no_thread = as_error(std::system_error(EAGAIN, std::generic_category()));
  EXPECT_EQ(no_thread.code(), ErrorCode::kOutOfResources);
  EXPECT_THAT(no_thread.what(), ::testing::HasSubstr("thread"));
  EXPECT_EQ(as_error(std::system_error(EIO, std::generic_category())).code(), ErrorCode::kIo);
  EXPECT_EQ(as_error(std::logic_error("a bug")).code(), ErrorCode::kInternal);
}

}  // namespace
}  // namespace snapfs
