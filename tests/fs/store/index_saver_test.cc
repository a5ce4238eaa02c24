// Index files: nothing is taken for listed before its file is there.
#include "fs/store/index_saver.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/repo/repository.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::FaultBackend;

class IndexSaverTest : public ::testing::Test {
 protected:
  IndexSaverTest() {
    Repository::init(memory_, as_bytes("password"), kQuickInit, {});
    repository_ = open();
  }

  std::unique_ptr<Repository> open() {
    return std::make_unique<Repository>(faults_, as_bytes("password"), OpenOptions{}, StopToken{});
  }

  static PackDescription pack(std::uint8_t number, std::size_t blobs = 1) {
    PackDescription pack;
    pack.id = Id{{number}};
    for (std::size_t i = 0; i < blobs; ++i) {
      PackEntry entry;
      entry.handle.id =
          Id{{number, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)}};
      entry.length = 100;
      pack.entries.push_back(entry);
    }
    return pack;
  }

  std::size_t files() { return repository_->list(FileKind::kIndex, {}).size(); }

  std::size_t listed_packs() {
    const auto fresh = open();
    fresh->load_index({});
    return fresh->index().pack_count();
  }

  MemoryBackend memory_;
  FaultBackend faults_{memory_};
  std::unique_ptr<Repository> repository_;
  SystemClock clock_;
};

TEST_F(IndexSaverTest, AsksBeforeItWrites) {
  std::size_t asked = 0;
  bool refused = true;
  IndexSaver saver(*repository_, clock_, [&] {
    ++asked;
    if (refused) throw Error(ErrorCode::kLocked, "somebody else has it");
  });
  saver.flush({});
  EXPECT_EQ(asked, 0U) << "there is nothing to write";
  saver.add(pack(1), {});
  EXPECT_TRUE(fails_with(ErrorCode::kLocked, [&] { saver.flush({}); }));
  EXPECT_EQ(files(), 0U);
  refused = false;
  saver.flush({});
  EXPECT_EQ(asked, 2U);
  EXPECT_EQ(listed_packs(), 1U) << "what was not written was kept";
}

TEST_F(IndexSaverTest, WhatCouldNotBeWrittenIsKeptForTheNextTime) {
  IndexSaver indexes(*repository_, clock_);
  indexes.add(pack(1), {});
  indexes.add(pack(2), {});
  faults_.fail({BackendCall::kSave, FileKind::kIndex}, 1, ErrorCode::kNoSpace);
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, [&] { indexes.flush({}); }));
  EXPECT_EQ(files(), 0U);
  indexes.flush({});
  EXPECT_EQ(listed_packs(), 2U);
  indexes.flush({});
  EXPECT_EQ(files(), 1U);
}

TEST_F(IndexSaverTest, AFlushWaitsForAFileThatIsBeingWritten) {
  IndexSaver indexes(*repository_, clock_);
  std::jthread other;
  std::size_t seen = 0;
  std::atomic<bool> started = false;
  faults_.before_each_call([&](BackendCall call, const FileKey&) {
    if (call != BackendCall::kSave || started.exchange(true)) return;
    other = std::jthread([&] {
      indexes.flush({});
      seen = files();
    });
    // Not needed for the test to be right, only for it to be likely to see what is wrong.
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  });
  indexes.add(pack(1, IndexSaver::kFullBlobs), {});
  other.join();
  EXPECT_EQ(seen, 1U);
}

}  // namespace
}  // namespace snapfs
