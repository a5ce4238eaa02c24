// Pushing into a page cache that is played: what is pushed, what never is, and who waits for whom.
#include "mount/model/file_pusher.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/mount/model/snapshot_fs_scene.h"

namespace snapfs::test {
namespace {

constexpr int kFiles = 40;

class PlayedCache final : public PageCache {
 public:
  int store(Ino file, const FileSlice& content) noexcept override {
    std::unique_lock lock(mutex);
    ++stores;
    changed.notify_all();
    changed.wait(lock, [this] { return !held; });
    if (answer != 0) return answer;
    stored[file] = text_of(content);
    changed.notify_all();
    return 0;
  }
  bool is_being_read(Ino file) const noexcept override { return file == read; }

  void wait_for_store() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return stores > 0; });
  }
  void let_go() {
    const std::lock_guard lock(mutex);
    held = false;
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::map<Ino, std::string> stored;
  int stores = 0;
  bool held = false;  ///< stores wait, as for the lock of a page
  std::atomic<int> answer{0};
  std::atomic<Ino> read{0};
};

class FilePusherTest : public SnapshotFsTest {
 protected:
  void TearDown() override {
    // Nothing may wait for a store that the test holds.
    cache_.let_go();
    if (fs_) {
      fs_->pusher().end({});
      fs_->pusher().wait();
    }
  }

  static std::string content(int i) { return std::string(3000, static_cast<char>('A' + i)); }

  void make_files() {
    for (int i = 0; i < kFiles; ++i) {
      nodes_.push_back(maker_.make_file(std::to_string(100 + i), {content(i)}));
    }
  }

  void show() {
    const Snapshot snapshot = maker_.add_snapshot(maker_.add_tree(nodes_), "2026-01-01T00:00:00Z");
    if (damaged_) maker_.damage({BlobType::kData, *damaged_});
    root_ = root_of(snapshot);
    fs().pusher().begin(cache_);
  }

  Ino file(int i) { return ino({std::to_string(100 + i)}, root_); }
  void read(int i) { fs().read(file(i), 0, 1 << 16, 1); }

  bool cache_has(Ino ino) {
    const std::lock_guard lock(cache_.mutex);
    return cache_.stored.contains(ino);
  }
  void drain() {
    while (!fs().pusher().idle()) std::this_thread::yield();
  }
  std::size_t stored() {
    const std::lock_guard lock(cache_.mutex);
    return cache_.stored.size();
  }

  std::vector<Node> nodes_;
  std::optional<Id> damaged_;
  PlayedCache cache_;
  Ino root_ = 0;
};

// Three in order, and then all but the one that will have been asked for.
TEST_F(FilePusherTest, WhatIsPushedIsWhatIsRead) {
  make_files();
  show();
  for (const int i : {0, 1, 2}) read(i);
  drain();
  for (int i = 0; i < kFiles; ++i) {
    EXPECT_EQ(cache_has(file(i)), i > 3) << i;
    EXPECT_TRUE(i <= 3 || cache_.stored[file(i)] == content(i)) << i;
  }
  EXPECT_EQ(fs().pusher().counters().files, kFiles - 4U);
  EXPECT_EQ(fs().pusher().counters().bytes, (kFiles - 4U) * 3000);
}

TEST_F(FilePusherTest, HolesAreZerosOfTheirLength) {
  make_files();
  const std::string zeros(1 << 15, '\0');
  const std::string hole(1 << 16, '\0');
  nodes_[10] = maker_.make_file("110", {content(0), zeros, content(1)});
  nodes_[11] = maker_.make_file("111", {hole});
  show();
  for (const int i : {0, 1, 2}) read(i);
  drain();
  EXPECT_EQ(cache_.stored[file(10)], content(0) + zeros + content(1));
  EXPECT_EQ(cache_.stored[file(11)], hole);
  EXPECT_FALSE(fs().next_data(file(11), 0));
}

TEST_F(FilePusherTest, DamagedAndLargeFilesAreAskedFor) {
  make_files();
  damaged_ = nodes_[20].content[0];
  nodes_[21] = maker_.make_file("121", {std::string(70'000, 'x')});
  show();
  for (const int i : {0, 1, 2}) read(i);
  drain();
  for (const int i : {19, 22, kFiles - 1}) EXPECT_TRUE(cache_has(file(i))) << i;
  EXPECT_FALSE(cache_has(file(20)));
  EXPECT_FALSE(cache_has(file(21)));
  EXPECT_THROW(read(20), Error);
  EXPECT_EQ(text_of(fs().read(file(21), 0, 1 << 20)), std::string(70'000, 'x'));
  EXPECT_EQ(fs().pusher().counters().unread_bytes, 0U);
}

TEST_F(FilePusherTest, AFileThatIsBeingReadIsNot) {
  make_files();
  show();
  cache_.read = file(10);
  for (const int i : {0, 1, 2}) read(i);
  drain();
  EXPECT_FALSE(cache_has(file(10)));
  EXPECT_TRUE(cache_has(file(11)));
  read(10);
  EXPECT_EQ(fs().pusher().counters().unread_bytes, 0U);
}

TEST_F(FilePusherTest, ReadsAreAnsweredWhileAStoreWaits) {
  make_files();
  show();
  cache_.held = true;
  for (const int i : {0, 1, 2}) read(i);
  cache_.wait_for_store();
  const auto all = std::async(std::launch::async, [&] {
    for (int i = 3; i < kFiles; ++i) read(i);
  });
  EXPECT_EQ(all.wait_for(std::chrono::minutes(1)), std::future_status::ready);
  cache_.let_go();
}

TEST_F(FilePusherTest, TheEndComesAfterTheStore) {
  make_files();
  show();
  cache_.held = true;
  for (const int i : {0, 1, 2}) read(i);
  cache_.wait_for_store();
  std::promise<void> over;
  std::atomic<bool> is_over{false};
  fs().pusher().end([&] {
    is_over = true;
    over.set_value();
  });
  EXPECT_FALSE(is_over);
  for (int i = 3; i < kFiles; ++i) read(i);
  EXPECT_FALSE(is_over);
  cache_.let_go();
  EXPECT_EQ(over.get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
  fs().pusher().wait();
  EXPECT_EQ(cache_.stores, 1);
}

TEST_F(FilePusherTest, WithoutAStoreTheEndComesAtOnce) {
  show();
  bool over = false;
  fs().pusher().end([&] { over = true; });
  EXPECT_TRUE(over);
}

TEST_F(FilePusherTest, WhatTheKernelForgotEndsTheDirectory) {
  make_files();
  show();
  cache_.answer = ENOENT;
  for (const int i : {0, 1, 2}) read(i);
  drain();
  EXPECT_EQ(cache_.stores, 1);
  cache_.answer = 0;
  for (int i = 3; i < 10; ++i) read(i);
  drain();
  EXPECT_GT(stored(), 10U) << "after more files in order than before";
}

TEST_F(FilePusherTest, AfterAnUnmountNothingIsPushed) {
  make_files();
  show();
  cache_.answer = ENODEV;
  for (const int i : {0, 1, 2}) read(i);
  drain();
  cache_.answer = 0;
  for (int i = 3; i < kFiles; ++i) read(i);
  drain();
  EXPECT_EQ(cache_.stores, 1);
}

TEST_F(FilePusherTest, LackOfMemoryIsNoEnd) {
  make_files();
  show();
  cache_.answer = ENOMEM;
  for (const int i : {0, 1, 2}) read(i);
  drain();
  EXPECT_EQ(cache_.stores, 1);
  cache_.answer = 0;
  for (int i = 3; i < 12; ++i) read(i);
  drain();
  EXPECT_GT(stored(), 10U);
}

TEST_F(FilePusherTest, AnInterruptedReaderIsNotFed) {
  make_files();
  show();
  cache_.held = true;
  for (const int i : {0, 1, 2}) read(i);
  cache_.wait_for_store();
  fs().pusher().give_up();
  cache_.let_go();
  drain();
  EXPECT_EQ(cache_.stores, 1);
}

TEST_F(FilePusherTest, AListingAloneStartsNothing) {
  make_files();
  show();
  fs().open_directory(root_);
  for (int round = 0; round < 10; ++round) fs().directory_listed(root_, 1);
  drain();
  EXPECT_EQ(cache_.stores, 0);
}

}  // namespace
}  // namespace snapfs::test
