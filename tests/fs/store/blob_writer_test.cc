// Blobs written in bulk: what a second process finds afterwards, and what is left after failures.
#include "fs/store/blob_writer.h"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/crypto/sha256.h"
#include "fs/repo/file_removal.h"
#include "fs/repo/repository.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::FaultBackend;

constexpr std::string_view kPassword = "x";

std::unique_ptr<Repository> open(Backend& backend, const OpenOptions& options = {}) {
  return std::make_unique<Repository>(backend, as_bytes(kPassword), options, StopToken{});
}

std::string content(int number) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "blob " + std::to_string(number * 7 + i) + "\n";
  return text;
}

BlobHandle handle_of(std::string_view text, BlobType type = BlobType::kData) {
  return {type, sha256(as_bytes(text))};
}

class BlobWriterTest : public ::testing::Test {
 protected:
  BlobWriterTest() : faults_(memory_) {
    Repository::init(memory_, as_bytes(kPassword), kQuickInit, {});
    repository_ = open(faults_);
  }

  std::size_t files(FileKind kind) { return repository_->list(kind, {}).size(); }

  MemoryBackend memory_;
  FaultBackend faults_;
  std::unique_ptr<Repository> repository_;
  SystemClock clock_;
};

TEST_F(BlobWriterTest, AnotherProcessFindsEverythingAfterTheFlush) {
  {
    BlobWriter writer(*repository_, clock_, 20'000);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = t; i < 400; i += 4) {
          const std::string text = content(i);
          EXPECT_TRUE(writer.add(handle_of(text), as_bytes(text), {}));
        }
      });
    }
    threads.clear();
    writer.flush({});
  }
  EXPECT_GT(files(FileKind::kPack), 2U);
  const auto other = open(memory_);
  other->load_index({});
  for (int i = 0; i < 400; ++i) {
    const std::string text = content(i);
    EXPECT_EQ(as_text(other->load_blob(handle_of(text), {})), text);
  }
}

TEST_F(BlobWriterTest, StoresABlobOnceUnlessItHasTo) {
  BlobWriter writer(*repository_, clock_);
  const std::string text = content(1);
  EXPECT_TRUE(writer.add(handle_of(text), as_bytes(text), {}));
  EXPECT_FALSE(writer.add(handle_of(text), as_bytes(text), {}));
  writer.flush({});
  EXPECT_FALSE(writer.add(handle_of(text), as_bytes(text), {}));
  writer.add_anyway(handle_of(text), as_bytes(text), {});
  writer.flush({});
  EXPECT_EQ(repository_->index().find(handle_of(text)).size(), 2U);
}

TEST_F(BlobWriterTest, SealedBlobsAreTakenAsTheyAre) {
  const std::string text = content(2);
  const auto codec = repository_->make_codec();
  const SealedBlob sealed = codec->seal_blob(handle_of(text), as_bytes(text));
  BlobWriter writer(*repository_, clock_);
  writer.add_sealed(sealed, {});
  writer.flush({});
  const BlobLocation place = repository_->index().find(handle_of(text)).at(0);
  const Bytes stored =
      memory_.load({FileKind::kPack, place.pack}, ByteRange{place.offset, place.length}, {}, {});
  EXPECT_EQ(stored, sealed.bytes);
}

TEST_F(BlobWriterTest, ContentKeepsItsCompressionUnderOtherKeys) {
  const std::string text = content(3);
  MemoryBackend elsewhere;
  Repository::init(elsewhere, as_bytes(kPassword), kQuickInit, {});
  const auto source = open(elsewhere);
  const auto codec = source->make_codec();
  const SealedBlob sealed = codec->seal_blob(handle_of(text), as_bytes(text));
  const Bytes frames =
      copy_of(codec->open_content(sealed.handle, sealed.bytes, sealed.uncompressed_length));
  EXPECT_LT(frames.size(), text.size());

  BlobWriter writer(*repository_, clock_);
  writer.add_content(sealed.handle, frames, sealed.uncompressed_length, {});
  writer.flush({});
  EXPECT_EQ(as_text(repository_->load_blob(handle_of(text), {})), text);
  EXPECT_EQ(repository_->index().find(handle_of(text)).at(0).length, sealed.bytes.size());
}

TEST_F(BlobWriterTest, ContentThatIsNotTheBlobIsNeverStored) {
  BlobWriter writer(*repository_, clock_);
  const std::string text = content(4);
  EXPECT_TRUE(fails_with(ErrorCode::kInternal,
                         [&] { writer.add_content(handle_of("other"), as_bytes(text), 0, {}); }));
}

TEST_F(BlobWriterTest, AFailedPackFailsTheFlushAndNoIndexIsWritten) {
  BlobWriter writer(*repository_, clock_);
  faults_.fail({BackendCall::kSave, FileKind::kPack}, 1, ErrorCode::kNoSpace);
  const std::string text = content(5);
  writer.add(handle_of(text), as_bytes(text), {});
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, [&] { writer.flush({}); }));
  EXPECT_EQ(files(FileKind::kIndex), 0U);
}

TEST_F(BlobWriterTest, AFailureIsToldToWhoGoesOnAdding) {
  faults_.fail({BackendCall::kSave, FileKind::kPack}, 1, ErrorCode::kNoSpace);
  BlobWriter writer(*repository_, clock_, 4000);
  const auto add_many = [&] {
    for (int i = 0; i < 5000; ++i) {
      const std::string text = content(i);
      writer.add(handle_of(text), as_bytes(text), {});
    }
  };
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, add_many));
}

TEST_F(BlobWriterTest, AStopEndsTheWaitForASlowStorage) {
  std::mutex gate;
  std::unique_lock closed(gate);
  faults_.before_each_call([&](BackendCall call, const FileKey&) {
    if (call == BackendCall::kSave) const std::lock_guard wait(gate);
  });
  StopSource source;
  BlobWriter writer(*repository_, clock_);
  const std::string text = content(6);
  writer.add(handle_of(text), as_bytes(text), source.get_token());
  std::jthread stopper([&] { source.request_stop(); });
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { writer.flush(source.get_token()); }));
  closed.unlock();
}

TEST_F(BlobWriterTest, RemovingFilesGoesOnAfterFailures) {
  BlobWriter writer(*repository_, clock_, 4000);
  for (int i = 0; i < 100; ++i) {
    const std::string text = content(i);
    writer.add(handle_of(text), as_bytes(text), {});
  }
  writer.flush({});
  std::vector<Id> packs = repository_->list(FileKind::kPack, {});
  ASSERT_GT(packs.size(), 4U);
  packs.push_back(sha256(as_bytes("gone already")));
  faults_.fail({BackendCall::kRemove, FileKind::kPack}, 2, ErrorCode::kPermission, 2);
  std::atomic<std::size_t> heard = 0;
  StoredFiles stored(faults_);
  const RemovalResult result =
      remove_files(stored, FileKind::kPack, packs, {}, [&](const Id&) { ++heard; });
  EXPECT_EQ(result.failures.size(), 2U);
  EXPECT_EQ(result.removed, packs.size() - 2);
  EXPECT_EQ(heard, packs.size() - 2);
  EXPECT_EQ(files(FileKind::kPack), 2U);
}

TEST_F(BlobWriterTest, RemovingStopsWhenAsked) {
  StopSource source;
  source.request_stop();
  const std::vector<Id> files = {sha256(as_bytes("a"))};
  StoredFiles stored(faults_);
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
    remove_files(stored, FileKind::kPack, files, source.get_token());
  }));
}

}  // namespace
}  // namespace snapfs
