// What -o s3.… takes, and what it refuses.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "fs/backend/s3/s3_backend.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

S3Options take(std::map<std::string, std::string> all) {
  return S3Options::take(BackendOptions("s3", all));
}

TEST(S3OptionsTest, AreRestics) {
  const S3Options options = take({{"s3.connections", "7"},
                                  {"s3.region", "eu-west-1"},
                                  {"s3.bucket-lookup", "path"},
                                  {"s3.storage-class", "STANDARD_IA"},
                                  {"s3.list-objects-v1", "true"},
                                  {"s3.unsafe-anonymous-auth", "1"},
                                  {"s3.retries", "10"}});
  EXPECT_EQ(options.requests, 7U);
  EXPECT_EQ(options.region, "eu-west-1");
  EXPECT_EQ(options.lookup, S3BucketLookup::kPath);
  EXPECT_EQ(options.storage_class, "STANDARD_IA");
  EXPECT_TRUE(options.lists_by_version_1);
  EXPECT_TRUE(options.anonymous);
  EXPECT_FALSE(take({}).anonymous);
  EXPECT_EQ(take({{"s3.region", ""}}).region, std::nullopt);
}

TEST(S3OptionsTest, RefuseWhatCannotBe) {
  const std::map<std::string, std::string> wrong = {{"s3.layout", "default"},
                                                    {"s3.connections", "many"},
                                                    {"s3.bucket-lookup", "x"},
                                                    {"s3.list-objects-v1", "on"},
                                                    {"s3.retries", "x"}};
  for (const auto& option : wrong) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, option.first, [&] { take({option}); }))
        << option.first;
  }
  for (const std::string name :
       {"enable-restore", "restore-days", "restore-tier", "restore-timeout"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "with the tools of the storage", [&] {
      take({{"s3." + name, "1"}});
    })) << name;
  }
}

}  // namespace
}  // namespace snapfs
