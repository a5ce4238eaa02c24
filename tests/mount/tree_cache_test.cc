// What is kept of decoded directories.
#include "mount/model/tree_cache.h"

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "mount/model/zero_blobs.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

TEST(TreeCache, ADirectoryLargerThanTheBudgetIsDecodedOnce) {
  MemoryBackend backend;
  test::RepositoryMaker maker(backend);
  const Id first = maker.add_tree({test::make_symlink("a", "x")});
  const Id second = maker.add_tree({test::make_symlink("b", "x")});
  maker.flush();
  const ZeroBlobs zeros;
  TreeCache cache(maker.repository(), {maker.repository().index(), zeros}, 1);

  const auto listing = cache.get(first, {});
  EXPECT_EQ(cache.get(first, {}), listing);
  EXPECT_EQ(cache.get(second, {})->nodes[0].name, "b");
  EXPECT_NE(cache.get(first, {}), listing);
}

}  // namespace
}  // namespace snapfs
