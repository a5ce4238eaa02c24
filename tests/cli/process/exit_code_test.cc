// The exit codes that scripts rely on (FORMAT §23).
#include "cli/process/exit_code.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

int status_of(ErrorCode code) { return static_cast<int>(exit_code_for(code)); }

TEST(ExitCode, HasItsOwnNumberForWhatScriptsTellApart) {
  EXPECT_EQ(status_of(ErrorCode::kNoRepository), 10);
  EXPECT_EQ(status_of(ErrorCode::kLocked), 11);
  EXPECT_EQ(status_of(ErrorCode::kWrongPassword), 12);
  EXPECT_EQ(status_of(ErrorCode::kCancelled), 130);
}

TEST(ExitCode, IsOneForEverythingElse) {
  for (const ErrorCode code :
       {ErrorCode::kInternal, ErrorCode::kUsage, ErrorCode::kIo, ErrorCode::kNotFound,
        ErrorCode::kExists, ErrorCode::kNoSpace, ErrorCode::kPermission, ErrorCode::kDamaged,
        ErrorCode::kUnsupported, ErrorCode::kUnavailable, ErrorCode::kWrongCredentials,
        ErrorCode::kOutOfResources}) {
    EXPECT_EQ(status_of(code), 1);
  }
}

TEST(ExitCode, IncompleteSnapshotIsThree) { EXPECT_EQ(static_cast<int>(ExitCode::kIncomplete), 3); }

}  // namespace
}  // namespace snapfs
