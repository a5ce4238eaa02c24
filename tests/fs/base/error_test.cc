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
