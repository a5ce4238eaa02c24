// What is read before it is asked for, and that it is handed out once and never stale.
#include "fs/repo/stored_files.h"

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/cache/file_cache.h"
#include "fs/crypto/sha256.h"
#include "tests/support/fails_with.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::SeenCall;
using test::WaitingBackend;

const std::vector<FileKind> kReads = {FileKind::kSnapshot, FileKind::kPack, FileKind::kIndex};

class EarlyReadTest : public ::testing::Test {
 protected:
  EarlyReadTest() {
    snapshot_ = save(FileKind::kSnapshot, "a snapshot");
    index_ = save(FileKind::kIndex, "an index");
    save(FileKind::kPack, "a pack");
  }

  FileKey save(FileKind kind, std::string_view text) {
    const FileKey key{kind, sha256(as_bytes(text))};
    memory_.save(key, as_bytes(text), {});
    return key;
  }

  std::string load(const FileKey& key) {
    const Bytes bytes = files_.load_verified(key, {});
    return {bytes.begin(), bytes.end()};
  }

  MemoryBackend memory_;
  WaitingBackend storage_{memory_, StorageTraits{.requests = 256}};
  StoredFiles files_{storage_};
  FileKey snapshot_;
  FileKey index_;
};

TEST_F(EarlyReadTest, IsAskedForOnceAndInThatOrder) {
  files_.read_early(kReads, {});
  std::vector<FileKind> listed;
  for (const SeenCall& seen : storage_.seen()) {
    if (seen.call == BackendCall::kList) listed.push_back(seen.key.kind);
    EXPECT_NE(seen.call, BackendCall::kSize) << "what was listed need not be asked for its size";
  }
  EXPECT_EQ(listed, kReads);
  EXPECT_EQ(storage_.count({BackendCall::kLoad, FileKind::kPack}), 0U);

  storage_.forget();
  EXPECT_EQ(files_.list(FileKind::kSnapshot, {}).size(), 1U);
  EXPECT_EQ(files_.list(FileKind::kPack, {}).size(), 1U);
  EXPECT_EQ(files_.list_ids(FileKind::kIndex, {}), std::vector<Id>{index_.id});
  EXPECT_EQ(load(snapshot_), "a snapshot");
  EXPECT_EQ(load(index_), "an index");
  EXPECT_TRUE(storage_.seen().empty());

  // The next time is the storage's again.
  files_.list(FileKind::kSnapshot, {});
  EXPECT_EQ(load(snapshot_), "a snapshot");
  EXPECT_EQ(storage_.seen().size(), 2U);
}

TEST_F(EarlyReadTest, OneKindIsLoadedWhileTheNextIsListed) {
  storage_.hold({BackendCall::kLoad, FileKind::kSnapshot});
  storage_.hold({BackendCall::kList, FileKind::kIndex});
  std::jthread reader([&] { files_.read_early(kReads, {}); });
  EXPECT_TRUE(storage_.wait_until_waiting(2));
  storage_.release();
}

TEST_F(EarlyReadTest, IsNeverOlderThanWhatTheSameProcessDid) {
  files_.read_early(kReads, {});
  const FileKey more{FileKind::kSnapshot, sha256(as_bytes("more"))};
  files_.save(more, as_bytes("more"), {});
  EXPECT_EQ(files_.list(FileKind::kSnapshot, {}).size(), 2U);
  files_.remove(index_, {});
  EXPECT_TRUE(files_.list(FileKind::kIndex, {}).empty());
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { load(index_); }));
}

TEST_F(EarlyReadTest, ASecondTimeForgetsTheFirst) {
  files_.read_early(kReads, {});
  save(FileKind::kSnapshot, "of somebody else");
  files_.read_early(kReads, {});
  EXPECT_EQ(files_.list(FileKind::kSnapshot, {}).size(), 2U);
}

TEST_F(EarlyReadTest, WhatFailsIsLeftToThoseWhoAskForIt) {
  memory_.save(index_, as_bytes("something else"), {});
  EXPECT_NO_THROW(files_.read_early(kReads, {}));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "does not match", [&] { load(index_); }));
  EXPECT_EQ(load(snapshot_), "a snapshot");
}

TEST_F(EarlyReadTest, NearStorageIsAskedWhenItIsTime) {
  WaitingBackend near(memory_, StorageTraits{.requests = 1});
  StoredFiles files(near);
  files.read_early(kReads, {});
  EXPECT_TRUE(near.seen().empty());
}

TEST_F(EarlyReadTest, WhatACacheHasIsNotReadEarly) {
  const FileKey kept = save(FileKind::kIndex, std::string(100, 'x'));  // small ones are not
  const test::TemporaryDirectory directory;
  const FileCacheOptions options{directory / "cache", {.max_bytes = 1 << 20, .min_free_bytes = 0}};
  files_.use_cache(std::make_unique<FileCache>(options, index_.id));
  load(kept);
  EXPECT_TRUE(FileCache(options, index_.id).has(kept));
  EXPECT_FALSE(FileCache(options, index_.id).has(snapshot_));
  files_.read_early(kReads, {});
  std::filesystem::remove_all(directory / "cache");
  storage_.forget();
  load(snapshot_);
  EXPECT_TRUE(storage_.seen().empty());
  load(kept);
  EXPECT_EQ(storage_.count({BackendCall::kLoad, FileKind::kIndex}), 1U);
}

TEST_F(EarlyReadTest, WhatNobodyAskedForCanBeForgotten) {
  files_.read_early(kReads, {});
  files_.forget_early(FileKind::kIndex);
  storage_.forget();
  load(snapshot_);
  EXPECT_TRUE(storage_.seen().empty());
  load(index_);
  files_.list(FileKind::kIndex, {});
  EXPECT_EQ(storage_.count({BackendCall::kLoad, FileKind::kIndex}), 1U);
  EXPECT_EQ(storage_.count({BackendCall::kList, FileKind::kIndex}), 1U);
}

TEST_F(EarlyReadTest, AnIndexFileThatWasListedIsNotAskedForItsSize) {
  load(index_);
  EXPECT_EQ(storage_.count({BackendCall::kSize, FileKind::kIndex}), 1U);
  files_.list(FileKind::kIndex, {});
  load(index_);
  EXPECT_EQ(storage_.count({BackendCall::kSize, FileKind::kIndex}), 1U);
}

}  // namespace
}  // namespace snapfs
