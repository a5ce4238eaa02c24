// What is kept of decoded directories.
#include "mount/model/tree_cache.h"

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "mount/model/file_layout.h"
#include "mount/model/zero_blobs.h"
#include "tests/support/fails_with.h"
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

// One of ten million pieces takes longer than anybody waits for an unmount.
TEST(TreeCache, ADecodeEndsWhenItIsToldTo) {
  MemoryBackend backend;
  test::RepositoryMaker maker(backend);
  Node file = test::make_node("f", NodeType::kFile);
  file.content = {maker.add_data("x")};
  const Id tree = maker.add_tree({file});
  maker.flush();
  const ZeroBlobs zeros;
  StopSource stop;
  const ContentIndex content{maker.repository().index(), zeros, stop.get_token()};
  TreeCache cache(maker.repository(), content, 1 << 20);
  EXPECT_EQ(FileLayout(file, content).size(), 1U);
  stop.request_stop();
  EXPECT_TRUE(test::fails_with(ErrorCode::kCancelled, [&] { cache.get(tree, {}); }));
  EXPECT_TRUE(test::fails_with(ErrorCode::kCancelled, [&] { summarize(file, content); }));
  EXPECT_TRUE(test::fails_with(ErrorCode::kCancelled, [&] { FileLayout(file, content); }));
}

}  // namespace
}  // namespace snapfs
