// What nodes name that no reader follows: nobody asks for it, and nobody removes it.
#include <array>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/look/stats.h"
#include "fs/maintain/check.h"
#include "fs/maintain/copy.h"
#include "fs/maintain/progress.h"
#include "fs/repo/repository.h"
#include "fs/time/clock.h"
#include "fs/tree/tree_builder.h"
#include "fs/tree/used_blobs.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/quick_init.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using test::numbered_id;

class Findings final : public CheckListener {
 public:
  void warn(std::string_view /*message*/) override {}
  void error(std::string_view message) override { errors += std::string(message) + "\n"; }

  std::string errors;
};

class ReferencesTest : public ::testing::Test {
 protected:
  /// A node of such a name and type that names both content and a subtree.
  static std::string node(const std::string& name, const std::string& type, const Id& content,
                          const Id& subtree) {
    const std::string time = "\"2026-01-01T00:00:00Z\"";
    return R"({"name":")" + name + R"(","type":")" + type + R"(","mtime":)" + time +
           ",\"atime\":" + time + ",\"ctime\":" + time + R"(,"uid":0,"gid":0,"size":)" +
           (type == "file" ? "5" : "0") + R"(,"content":[")" + content.hex() + R"("],"subtree":")" +
           subtree.hex() + "\"}";
  }

  std::string check() {
    const std::unique_ptr<Repository> repository = maker_.open();
    Findings findings;
    check_repository(*repository, {}, findings, {});
    return findings.errors;
  }

  /// A tree of a directory with "content" and a file with "subtree", beside what needs them.
  Id make_tree() {
    const Id extra = maker_.add_data("extra");
    const Id data = maker_.add_data("12345");
    const Id empty = maker_.add_tree({});
    const Id deep = maker_.add_tree({maker_.make_file("deep", {"only below the file"})});
    TreeBuilder builder;
    builder.add(node("d", "dir", extra, empty));
    builder.add(node("f", "file", data, deep));
    return maker_.add_tree_text(builder.finish());
  }

  MemoryBackend backend_;
  test::RepositoryMaker maker_{backend_};
};

TEST_F(ReferencesTest, OfNoUseNeedNotExist) {
  const Id data = maker_.add_data("12345");
  const Id empty = maker_.add_tree({});
  TreeBuilder builder;
  builder.add(node("d", "dir", numbered_id(1), empty));
  builder.add(node("f", "file", data, numbered_id(2)));
  builder.add(node("l", "fifo", numbered_id(3), numbered_id(4)));
  const Id root = maker_.add_tree_text(builder.finish());
  maker_.add_snapshot(root, "2026-01-01T00:00:00Z");
  EXPECT_EQ(check(), "");
  const std::unique_ptr<Repository> repository = maker_.open();
  repository->load_index({});
  const BlobSet used = find_used_blobs(*repository, std::array{root}, {});
  EXPECT_TRUE(used.contains({BlobType::kTree, root}));
  EXPECT_TRUE(used.contains({BlobType::kTree, empty}));
  EXPECT_TRUE(used.contains({BlobType::kData, data}));
}

TEST_F(ReferencesTest, OfNoUseAreKeptWithAllThatIsBelow) {
  const Id extra = maker_.add_data("extra");
  const Id deep_data = maker_.add_data("deep!");
  Node deep_file = test::make_node("deep", NodeType::kFile);
  deep_file.content = {deep_data, numbered_id(9)};  // of which one is not there
  deep_file.size = 5;
  const Id deep = maker_.add_tree({deep_file});
  const Id below = maker_.add_tree({test::make_directory("down", deep)});
  const Id data = maker_.add_data("12345");
  const Id empty = maker_.add_tree({});
  TreeBuilder builder;
  builder.add(node("d", "dir", extra, empty));
  builder.add(node("f", "file", data, below));
  const Id root = maker_.add_tree_text(builder.finish());
  maker_.add_snapshot(root, "2026-01-01T00:00:00Z");
  EXPECT_EQ(check(), "");
  const std::unique_ptr<Repository> repository = maker_.open();
  repository->load_index({});
  const BlobSet used = find_used_blobs(*repository, std::array{root}, {});
  for (const Id& tree : {root, empty, below, deep}) {
    EXPECT_TRUE(used.contains({BlobType::kTree, tree}));
  }
  for (const Id& blob : {extra, deep_data, data}) {
    EXPECT_TRUE(used.contains({BlobType::kData, blob}));
  }
}

// A copy has all that a reader follows, and no more: it is as sound as its source.
TEST_F(ReferencesTest, OfNoUseAreNotCopied) {
  const Snapshot snapshot = maker_.add_snapshot(make_tree(), "2026-01-01T00:00:00Z");
  MemoryBackend target_memory;
  Repository::init(target_memory, as_bytes(test::kPassword), kQuickInit, {});
  Repository target(target_memory, as_bytes(test::kPassword), {}, {});
  const std::unique_ptr<Repository> source = maker_.open();
  source->load_index({});
  target.load_index({});
  const SystemClock clock;
  MaintenanceProgress progress;
  const CopyFigures figures = copy_snapshots(*source, target, clock, std::array{snapshot}, {},
                                             progress, [](const Snapshot&, const Id&) {}, {});
  EXPECT_EQ(figures.blobs, 3U);  // the root, the empty tree, the file's content
  Repository copy(target_memory, as_bytes(test::kPassword), {}, {});
  Findings findings;
  EXPECT_TRUE(check_repository(copy, {}, findings, {}).sound()) << findings.errors;
}

TEST_F(ReferencesTest, OfNoUseAreNotCounted) {
  const Id root = make_tree();
  maker_.add_snapshot(root, "2026-01-01T00:00:00Z");
  const std::unique_ptr<Repository> repository = maker_.open();
  repository->load_index({});
  const std::array roots = {root};
  EXPECT_EQ(restore_size(*repository, roots, {}), (RestoreSize{2, 5}));
  EXPECT_EQ(unique_contents(*repository, roots, {}).bytes, 5U);
  EXPECT_EQ(blobs_per_file(*repository, roots, {}), (BlobsPerFile{1, 1, 5}));
}

}  // namespace
}  // namespace snapfs
