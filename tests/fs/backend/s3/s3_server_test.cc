// What only a real object store shows, beside the conformance suite. It is reached by the location
// in SNAPFS_TEST_S3, with the credentials that the environment has; tests/compat/s3_test.py starts
// one.
#include "tests/support/s3_server.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "fs/base/parallel.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::numbered_id;

class S3Server : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!test::s3_server()) GTEST_SKIP() << "SNAPFS_TEST_S3 names no object store";
  }
};

TEST_P(S3Server, ListsMoreThanOnePage) {
  const auto backend = test::open_s3_server({.lists_by_version_1 = GetParam()});
  backend->create({});
  std::vector<std::uint64_t> numbers(1100);
  for (std::uint64_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
  const auto key = [](std::uint64_t number) {
    return FileKey{FileKind::kIndex, numbered_id(number << 48 | number)};
  };
  parallel_for_each(
      numbers, [&](std::uint64_t number) { backend->save(key(number), Bytes(number % 7, 1), {}); },
      backend->traits().requests);
  std::uint64_t bytes = 0;
  const std::vector<FileInfo> listed = backend->list(FileKind::kIndex, {});
  for (const FileInfo& file : listed) bytes += file.size;
  EXPECT_EQ(listed.size(), numbers.size());
  EXPECT_EQ(bytes, 3297U);  // 157 times 0 + 1 + … + 6
}

INSTANTIATE_TEST_SUITE_P(BothVersions, S3Server, ::testing::Bool());

}  // namespace
}  // namespace snapfs
