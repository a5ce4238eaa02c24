// .snapfs, without a kernel.
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/mount/model/views_scene.h"

namespace snapfs::test {
namespace {

using ::testing::ElementsAre;

/// The figure that the status gives under a name.
std::uint64_t figure(const std::string& status, const std::string& name) {
  const std::size_t place = ("\n" + status).find("\n" + name + ": ");
  if (place == std::string::npos) throw Error(ErrorCode::kNotFound, "no " + name + " in " + status);
  return std::stoull(status.substr(place + name.size() + 2));
}

TEST_F(ViewsTest, StatusTellsWhatTheMountIsDoing) {
  snapshot("2026-11-01T10:00:00Z", {file("f", "content")});
  ASSERT_EQ(read({"at", "now", "f"}), "content");
  const std::string before = read({".snapfs", "status"});
  ASSERT_EQ(read({"at", "now", "f"}), "content");
  const std::string after = read({".snapfs", "status"});
  EXPECT_EQ(figure(after, "snapshots"), 1U);
  EXPECT_EQ(figure(before, "blob_cache_misses"), 1U);
  EXPECT_EQ(figure(after, "blob_cache_misses"), 1U);
  EXPECT_EQ(figure(after, "blob_cache_hits"), figure(before, "blob_cache_hits") + 1);
  EXPECT_GE(figure(after, "blob_cache_bytes"), 7U);
  EXPECT_GT(figure(after, "tree_cache_hits"), figure(before, "tree_cache_hits"));
  EXPECT_GT(figure(after, "memory_bytes"), 1'000'000U);
  EXPECT_EQ(figure(after, "requests_in_flight"), 0U);
}

TEST_F(ViewsTest, EveryLookAtTheStatusIsAnotherFileAndOldOnesAreForgotten) {
  const Entry first = find({".snapfs", "status"}).value();
  const Entry second = find({".snapfs", "status"}).value();
  EXPECT_NE(first.ino, second.ino);
  EXPECT_TRUE(first.passing);
  EXPECT_EQ(fs().entry(first.ino).attributes.size, first.attributes.size);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(find({".snapfs", "status"}));
  EXPECT_THROW(fs().entry(first.ino), StaleInode);
  EXPECT_THROW(fs().read(first.ino, 0, 1), StaleInode);
}

TEST_F(ViewsTest, ControlFilesAreFoundAndNotListed) {
  EXPECT_THAT(list({}), ElementsAre("at", "changed", "hosts", "ids", "paths", "snapshots", "tags",
                                    "versions"));
  EXPECT_THAT(list({".snapfs"}), ElementsAre("metrics", "status"));
  EXPECT_FALSE(find({".snapfs", "other"}));
  EXPECT_FALSE(find({".snapfs", "prefetch"})) << "only when it is asked for";
}

TEST_F(ViewsTest, PathsThatAreWrittenAreLoadedAhead) {
  const Node wanted = file("f", "wanted");
  const Node other = file("g", "not wanted");
  snapshot("2026-11-01T10:00:00Z", {directory("d", {wanted}), directory("e", {other})});
  options_.view.prefetch_file = true;
  const Entry writable = find({".snapfs", "prefetch"}).value();
  EXPECT_TRUE(fs().is_writable(writable.ino));
  EXPECT_EQ(writable.attributes.mode & 07777, 0200U);
  EXPECT_FALSE(fs().is_writable(ino({".snapfs", "status"})));
  EXPECT_FALSE(fs().is_writable(ino({"at", "now", "d", "f"})));
  fs().prefetch("absent\nsnapshots/latest/d\n\nsnapshots");
  while (!fs().is_prefetched()) std::this_thread::yield();
  EXPECT_TRUE(fs().is_cached(wanted.content[0]));
  EXPECT_FALSE(fs().is_cached(other.content[0]));
}

TEST_F(ViewsTest, ADamagedDirectoryDoesNotEndTheLoadingAhead) {
  const Node bad = directory("a", {file("x", "never read")});
  const Node wanted = file("f", "wanted");
  snapshot("2026-11-01T10:00:00Z", {bad, wanted});
  maker_.damage({BlobType::kTree, *bad.subtree});
  fs().prefetch("snapshots/latest");
  while (!fs().is_prefetched()) std::this_thread::yield();
  EXPECT_TRUE(fs().is_cached(wanted.content[0]));
}

}  // namespace
}  // namespace snapfs::test
