// What a run tells those who watch it item by item, and when it writes no snapshot.
#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archiver/archiver.h"
#include "fs/backend/memory.h"
#include "tests/support/memory_source.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;

/// Keeps all it hears.
class Watcher final : public Progress {
 public:
  explicit Watcher(bool wants_items) : wants_items_(wants_items) {}

  bool wants_items() const noexcept override { return wants_items_; }
  void show_item(const ItemReport& item) override {
    const std::lock_guard lock(mutex_);
    items[item.path] = item;
  }

  std::map<std::string, ItemReport> items;
  std::vector<std::string> begun;
  std::vector<const CurrentFile*> open;

 private:
  void show_warning(const std::string& /*path*/, const std::string& /*message*/) override {}
  void begin_file(const CurrentFile& file) override {
    const std::lock_guard lock(mutex_);
    begun.push_back(file.directory() + "|" + file.name());
    open.push_back(&file);
  }
  void end_file(const CurrentFile& file) noexcept override {
    const std::lock_guard lock(mutex_);
    std::erase(open, &file);
  }

  bool wants_items_;
  std::mutex mutex_;
};

class ReportsTest : public ::testing::Test {
 protected:
  ReportsTest() {
    Repository::init(backend_, as_bytes("password"), kQuickInit, {});
    repository_ =
        std::make_unique<Repository>(backend_, as_bytes("password"), OpenOptions{}, StopToken{});
    source_.add_file("/data/one", "first");
    source_.add_file("/data/below/two", std::string(5 << 20, 'x'));
  }

  Snapshot take(Watcher& watcher, std::optional<Snapshot> parent = std::nullopt) {
    SnapshotRequest request;
    request.targets = resolve_targets(std::vector<std::string>{"/data"}, "/", source_);
    request.parent = std::move(parent);
    request.time = {clock_.now(), 0};
    request.skip_if_unchanged = skip_if_unchanged_;
    request.unchanged = unchanged_;
    request.workers = 1;
    return create_snapshot(*repository_, source_, clock_, request, watcher, {});
  }

  MemoryBackend backend_;
  std::unique_ptr<Repository> repository_;
  MemorySource source_;
  SystemClock clock_;
  bool skip_if_unchanged_ = false;
  UnchangedRule unchanged_;
};

TEST_F(ReportsTest, NewItemsWithWhatTheyAdded) {
  Watcher watcher(true);
  const Snapshot snapshot = take(watcher);
  ASSERT_EQ(watcher.items.size(), 4U);
  for (const auto& [path, item] : watcher.items) {
    EXPECT_EQ(item.change, ChangeKind::kNew) << path;
    EXPECT_EQ(item.is_directory, path == "/data" || path == "/data/below");
    EXPECT_GT(item.elapsed.count(), 0) << path;
  }
  EXPECT_EQ(watcher.items.at("/data/one").data.plain, 5U);
  EXPECT_GT(watcher.items.at("/data/one").data.packed, 5U + 32U);
  EXPECT_EQ(watcher.items.at("/data/one").metadata, AddedBytes{});
  EXPECT_GT(watcher.items.at("/data").metadata.packed, 0U);

  // With the root's tree the parts are the whole, though chunks of equal content count once.
  AddedBytes sum;
  for (const auto& [path, item] : watcher.items) {
    sum += item.data;
    sum += item.metadata;
  }
  EXPECT_LT(sum.plain, snapshot.summary->data_added);
  EXPECT_LT(snapshot.summary->data_added - sum.plain, 1000U);
  EXPECT_LT(snapshot.summary->data_added_packed - sum.packed, 1000U);
}

TEST_F(ReportsTest, ChangedAndUnchangedItems) {
  Watcher first(true);
  const Snapshot parent = take(first);
  source_.update("/data/one", [](SourceMetadata& one) { one.mode = S_IFREG | 0600; });
  source_.update("/data/below/two", [](SourceMetadata& two) { ++two.mtime.seconds; });
  source_.add_file("/data/three", "third");
  Watcher second(true);
  take(second, parent);
  // Changing the mode changes neither size nor times here: it is taken over, which counts as
  // unmodified.
  EXPECT_EQ(second.items.at("/data/one").change, ChangeKind::kUnmodified);
  EXPECT_EQ(second.items.at("/data/one").elapsed.count(), 0);
  EXPECT_EQ(second.items.at("/data/below/two").change, ChangeKind::kChanged);
  EXPECT_EQ(second.items.at("/data/below/two").data, AddedBytes{});
  EXPECT_EQ(second.items.at("/data/three").change, ChangeKind::kNew);
  EXPECT_EQ(second.items.at("/data/below").change, ChangeKind::kChanged);
}

TEST_F(ReportsTest, NobodyIsToldWhoDoesNotWantToKnow) {
  Watcher watcher(false);
  take(watcher);
  EXPECT_THAT(watcher.items, IsEmpty());
}

TEST_F(ReportsTest, FilesAreCurrentWhileTheyAreRead) {
  Watcher watcher(false);
  source_.observe([&](SourceOperation operation, const std::string& path) {
    if (operation != SourceOperation::kRead) return;
    const bool current = std::ranges::any_of(watcher.open, [&](const CurrentFile* file) {
      return file->directory() + "/" + file->name() == path;
    });
    EXPECT_TRUE(current) << path;
  });
  take(watcher);
  EXPECT_THAT(watcher.begun, ::testing::UnorderedElementsAre("/data|one", "/data/below|two"));
  EXPECT_THAT(watcher.open, IsEmpty());
}

TEST_F(ReportsTest, UnchangedTreeIsSkippedOnRequest) {
  Watcher watcher(false);
  const Snapshot parent = take(watcher);
  skip_if_unchanged_ = true;
  EXPECT_TRUE(take(watcher, parent).id.is_null());
  EXPECT_EQ(repository_->list(FileKind::kSnapshot, {}).size(), 1U);
  source_.add_file("/data/three", "third");
  EXPECT_FALSE(take(watcher, parent).id.is_null());
  EXPECT_FALSE(take(watcher).id.is_null()) << "without a parent there is nothing to compare with";
}

TEST_F(ReportsTest, IgnoredDifferencesReadNoFile) {
  Watcher watcher(true);
  const Snapshot parent = take(watcher);
  source_.update("/data/one", [](SourceMetadata& one) { ++one.ctime.seconds; });
  source_.update("/data/below/two", [](SourceMetadata& two) { ++two.inode; });
  unchanged_.ignore_ctime = true;
  Watcher ctime(false);
  take(ctime, parent);
  EXPECT_THAT(ctime.begun, ElementsAre("/data/below|two"));
  unchanged_ = {.ignore_inode = true};
  Watcher inode(false);
  take(inode, parent);
  EXPECT_THAT(inode.begun, IsEmpty());
}

}  // namespace
}  // namespace snapfs
