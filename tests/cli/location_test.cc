// Repository strings.
#include "cli/location.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/backend.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

ErrorCode code_for(std::string_view text) {
  try {
    RepositoryLocation::parse(text);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST(RepositoryLocation, IsAPathWithOrWithoutScheme) {
  EXPECT_EQ(RepositoryLocation::parse("/srv/r").path, "/srv/r");
  EXPECT_EQ(RepositoryLocation::parse("local:rel/r").path, "rel/r");
  EXPECT_EQ(RepositoryLocation::parse("local:s3:odd").path, "s3:odd");
}

TEST(RepositoryLocation, AColonAloneIsNoScheme) {
  EXPECT_EQ(RepositoryLocation::parse("a:b").path, "a:b");
  EXPECT_EQ(RepositoryLocation::parse("./s3:x").path, "./s3:x");
}

TEST(RepositoryLocation, OtherStoragesAreNamedAsUnsupported) {
  for (const std::string_view text : {"s3:host/bucket", "rest:https://h/", "sftp:u@h:/r",
                                      "rclone:remote:path", "b2:bucket", "azure:c:/", "gs:b:/"}) {
    EXPECT_EQ(code_for(text), ErrorCode::kUnsupported) << text;
  }
}

TEST(RepositoryLocation, NothingIsAnError) {
  EXPECT_EQ(code_for(""), ErrorCode::kUsage);
  EXPECT_EQ(code_for("local:"), ErrorCode::kUsage);
}

TEST(MakeBackend, CallsItselfByThePath) {
  EXPECT_EQ(make_backend({"/srv/r"})->location(), "/srv/r");
}

}  // namespace
}  // namespace snapfs
