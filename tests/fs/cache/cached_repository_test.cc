// A repository far away with a cache before it: what is asked of the storage, and that whatever is
// in the cache, the answers are those of the storage.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/cache/cache_files.h"
#include "fs/cache/file_cache.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_reader.h"
#include "tests/support/fails_with.h"
#include "tests/support/far_readers.h"
#include "tests/support/fault_backend.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/repository_maker.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

namespace stdfs = std::filesystem;
using test::BackendCall;
using test::fails_with;

constexpr StorageTraits kFarAway{.requests = 8, .pack_transfers = 5};

/// With a cache in the directory, and without its index.
std::unique_ptr<Repository> open_cached(Backend& storage, const std::string& directory,
                                        std::uint64_t content_bytes = 0) {
  auto repository = test::open_far_repository(storage, false);
  repository->files().use_cache(std::make_unique<FileCache>(
      FileCacheOptions{directory, {.max_bytes = 64 << 20, .min_free_bytes = 0}, content_bytes},
      repository->config().id));
  return repository;
}

/// The loads of all that the cache keeps.
std::size_t kept_loads(const test::WaitingBackend& storage) {
  return static_cast<std::size_t>(
      std::ranges::count_if(storage.seen(), [](const test::SeenCall& call) {
        return call.call == BackendCall::kLoad &&
               (FileCache::keeps(call.key.kind) ||
                (call.key.kind == FileKind::kPack && call.purpose.content == Content::kTree));
      }));
}

/// Where those who restore do so.
const test::TemporaryDirectory& restored() {
  static const test::TemporaryDirectory directory;
  return directory;
}

class CachedReadersTest : public ::testing::TestWithParam<test::FarReader> {
 protected:
  static const test::FarRepository& stored() {
    static const test::FarRepository made = test::make_far_repository(
        memory(), {.snapshots = 8, .levels = 1, .fan_out = 40, .files = 40, .blobs_per_pack = 20});
    return made;
  }
  static MemoryBackend& memory() {
    static MemoryBackend backend;
    return backend;
  }
};

TEST_P(CachedReadersTest, AskForNothingTwice) {
  const test::FarRepository& all = stored();
  test::WaitingBackend storage(memory(), kFarAway);
  const test::TemporaryDirectory cache;
  for (const bool again : {false, true}) {
    const auto repository = open_cached(storage, cache.path());
    storage.forget();
    for (const auto& entry : stdfs::directory_iterator(restored().path())) {
      stdfs::remove_all(entry);
    }
    if (GetParam().needs_index) repository->load_index({});
    GetParam().run(*repository, all);
    EXPECT_EQ(kept_loads(storage) == 0, again);
    for (const test::SeenCall& call : storage.seen()) {
      EXPECT_FALSE(call.call == BackendCall::kLoad && call.key.kind == FileKind::kPack &&
                   !call.range)
          << "nobody waits for a whole pack";
    }
  }
}

TEST_P(CachedReadersTest, AskForNoDataTwiceIfThatIsKept) {
  const test::FarRepository& all = stored();
  test::WaitingBackend storage(memory(), kFarAway);
  const test::TemporaryDirectory cache;
  for (const bool again : {false, true}) {
    const auto repository = open_cached(storage, cache.path(), 1 << 20);
    storage.forget();
    for (const auto& entry : stdfs::directory_iterator(restored().path())) {
      stdfs::remove_all(entry);
    }
    if (GetParam().needs_index) repository->load_index({});
    GetParam().run(*repository, all);
    EXPECT_EQ(storage.count({BackendCall::kLoad, {}}) == 0, again);
  }
}

std::vector<test::FarReader> all_cached_readers() { return test::far_readers(restored().path()); }

INSTANTIATE_TEST_SUITE_P(All, CachedReadersTest, ::testing::ValuesIn(all_cached_readers()),
                         [](const auto& info) {
                           std::string name;
                           for (const char c : info.param.name) {
                             if (std::isalnum(static_cast<unsigned char>(c))) name += c;
                           }
                           return name;
                         });

/// A small repository: a directory with a file and a directory.
class CachedRepositoryTest : public ::testing::Test {
 protected:
  CachedRepositoryTest() {
    below_ = maker_.add_tree({maker_.make_file("file", {"some data"})});
    root_ = maker_.add_tree({test::make_directory("below", below_)});
    snapshot_ = maker_.add_snapshot(root_, "2026-01-01T00:00:00Z");
    storage_.forget();
  }

  std::unique_ptr<Repository> open() {
    auto repository = open_cached(storage_, cache_.path());
    storage_.forget();
    return repository;
  }

  /// Reads all that is in the cache, or comes there.
  void read_all(Repository& repository) {
    repository.load_index({});
    EXPECT_EQ(load_snapshots(repository, {}).size(), 1U);
    EXPECT_EQ(load_tree(repository, root_, {}).size(), 1U);
    EXPECT_EQ(load_tree(repository, below_, {}).front().name, "file");
  }

  /// The files in the cache.
  std::vector<std::string> kept() const {
    std::vector<std::string> paths;
    for (const CacheEntry& entry : list_cache_entries(cache_.path(), CachePool::kMetadata))
      paths.push_back(entry.path);
    return paths;
  }

  MemoryBackend memory_;
  test::FaultBackend faults_{memory_};
  test::WaitingBackend storage_{faults_, kFarAway};
  test::RepositoryMaker maker_{memory_};
  test::TemporaryDirectory cache_;
  Id below_;
  Id root_;
  Snapshot snapshot_;
};

TEST_F(CachedRepositoryTest, NeedsNoAnswersForWhatItKeeps) {
  read_all(*open());
  EXPECT_EQ(kept_loads(storage_), 3U) << "the index, the snapshot, and both trees at once";
  faults_.fail({BackendCall::kLoad, FileKind::kPack}, 1, ErrorCode::kUnavailable,
               test::FaultBackend::kForever);
  const auto repository = open();
  read_all(*repository);
  EXPECT_EQ(kept_loads(storage_), 0U);
  const BlobHandle data{BlobType::kData,
                        load_tree(*repository, below_, {}).front().content.front()};
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, [&] { repository->load_blob(data, {}); }));
}

TEST_F(CachedRepositoryTest, KeysLocksAndTheConfigAreTheStorages) {
  read_all(*open());
  const auto repository = open_cached(storage_, cache_.path());
  EXPECT_GE(storage_.count({BackendCall::kLoad, FileKind::kKey}), 1U);
  EXPECT_GE(storage_.count({BackendCall::kLoad, FileKind::kConfig}), 1U);
  const Id lock = repository->save_file(FileKind::kLock, as_bytes("{}"), {});
  storage_.forget();
  EXPECT_EQ(as_text(repository->load_file({FileKind::kLock, lock}, {})), "{}");
  EXPECT_EQ(storage_.count({BackendCall::kLoad, FileKind::kLock}), 1U);
}

TEST_F(CachedRepositoryTest, DamageInTheCacheIsNotSeen) {
  read_all(*open());
  const std::vector<std::string> files = kept();
  ASSERT_EQ(files.size(), 3U);
  for (const std::string& file : files) {
    {
      std::fstream content(file, std::ios::binary | std::ios::in | std::ios::out);
      content.seekg(40);
      const char wrong = static_cast<char>(content.peek() ^ 1);
      content.seekp(40);
      content.put(wrong);
    }
    read_all(*open());
    EXPECT_EQ(kept_loads(storage_), 1U) << file << " was read again";
    read_all(*open());  // of a pack the one tree came alone: now it is whole again
    read_all(*open());
    EXPECT_EQ(kept_loads(storage_), 0U) << file << " is right again";
  }
}

TEST_F(CachedRepositoryTest, DamageOfDataInTheCacheIsNotSeen) {
  const auto read = [this] {
    const auto repository = open_cached(storage_, cache_.path(), 1 << 20);
    repository->load_index({});
    storage_.forget();
    const Id data = load_tree(*repository, below_, {}).front().content.front();
    EXPECT_EQ(as_text(repository->load_blob({BlobType::kData, data}, {})), "some data");
    return storage_.count({BackendCall::kLoad, {}});
  };
  EXPECT_EQ(read(), 2U);
  EXPECT_EQ(read(), 0U);
  const auto entries = list_cache_entries(cache_.path(), CachePool::kContent);
  ASSERT_EQ(entries.size(), 1U);
  std::ofstream(entries.front().path, std::ios::binary | std::ios::trunc)
      << std::string(entries.front().bytes, 'x');
  EXPECT_EQ(read(), 1U);
  EXPECT_EQ(read(), 0U);
}

TEST_F(CachedRepositoryTest, ZerosOfAPowerCutAreNotSeen) {
  read_all(*open());
  for (const std::string& file : kept()) {
    const auto size = stdfs::file_size(file);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << std::string(size, '\0');
  }
  read_all(*open());
  EXPECT_EQ(kept_loads(storage_), 4U);
  read_all(*open());
  EXPECT_EQ(kept_loads(storage_), 0U);
}

TEST_F(CachedRepositoryTest, DamageInTheStorageIsFoundOutWhatIsKeptStaysRight) {
  read_all(*open());
  maker_.damage({BlobType::kTree, root_});
  read_all(*open());  // it was right when it came
  for (const std::string& file : kept()) stdfs::remove(file);
  const auto repository = open();
  repository->load_index({});
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { load_tree(*repository, root_, {}); }));
  EXPECT_EQ(kept_loads(storage_), 4U) << "the index, the pack, and the tree twice";
  maker_.repair({BlobType::kTree, root_});
  EXPECT_EQ(load_tree(*repository, root_, {}).size(), 1U) << "damage does not stay in the cache";
}

TEST_F(CachedRepositoryTest, WhatWasRemovedElsewhereLeavesTheCache) {
  read_all(*open());
  memory_.remove({FileKind::kSnapshot, snapshot_.id}, {});
  EXPECT_TRUE(open()->list(FileKind::kSnapshot, {}).empty());
  EXPECT_EQ(kept().size(), 2U);
  const auto repository = open();
  for (const Id& index : repository->list(FileKind::kIndex, {})) {
    repository->files().remove({FileKind::kIndex, index}, {});
  }
  EXPECT_EQ(kept().size(), 1U);
  for (const FileInfo& pack : memory_.list(FileKind::kPack, {})) {
    memory_.remove({FileKind::kPack, pack.id}, {});
  }
  EXPECT_TRUE(repository->files().list(FileKind::kPack, {}).empty());
  EXPECT_TRUE(kept().empty());
}

TEST_F(CachedRepositoryTest, WhatIsSavedIsKeptUnlessItIsData) {
  const auto repository = open();
  repository->save_file(FileKind::kSnapshot, as_bytes("{}"), {});
  repository->files().save({FileKind::kPack, test::numbered_id(1)}, Bytes(100, 1), {},
                           Content::kTree);
  repository->files().save({FileKind::kPack, test::numbered_id(2)}, Bytes(100, 2), {},
                           Content::kData);
  const std::vector<std::string> files = kept();
  EXPECT_EQ(files.size(), 2U);
  EXPECT_EQ(std::ranges::count_if(
                files,
                [](const std::string& file) { return file.ends_with(test::numbered_id(1).hex()); }),
            1);
}

TEST_F(CachedRepositoryTest, ASaveThatFailsIsNotKept) {
  const auto repository = open();
  faults_.fail({BackendCall::kSave, {}}, 1, ErrorCode::kNoSpace);
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace,
                         [&] { repository->save_file(FileKind::kSnapshot, as_bytes("{}"), {}); }));
  EXPECT_TRUE(kept().empty());
}

TEST_F(CachedRepositoryTest, AStopEndsWhatTheCacheAnswers) {
  const auto repository = open();
  read_all(*repository);
  StopSource source;
  source.request_stop();
  const StopToken stop = source.get_token();
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { load_tree(*repository, root_, stop); }));
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
    repository->load_file({FileKind::kSnapshot, snapshot_.id}, stop);
  }));
}

}  // namespace
}  // namespace snapfs
