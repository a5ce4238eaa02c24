// Trees far away: that one request brings a directory and what lies below it, and that nothing is
// read the worse for it.
#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/cache/file_cache.h"
#include "fs/repo/tree_windows.h"
#include "fs/tree/used_blobs.h"
#include "tests/support/fails_with.h"
#include "tests/support/repository_maker.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::WaitingBackend;

constexpr StorageTraits kFar{.requests = 256};
constexpr int kLevels = 6;

class FarTreesTest : public ::testing::Test {
 protected:
  /// A directory in a directory in a directory, the lowest first.
  void make(const std::string& target) {
    trees_.push_back(maker_.add_tree({test::make_symlink("link", target)}));
    while (trees_.size() < kLevels) {
      trees_.push_back(maker_.add_tree({test::make_directory("below", trees_.back())}));
    }
    maker_.add_snapshot(trees_.back(), "2026-01-02T03:04:05Z");
  }

  std::unique_ptr<Repository> open() {
    auto repository = std::make_unique<Repository>(storage_, as_bytes(test::kPassword),
                                                   OpenOptions{}, StopToken{});
    repository->load_index({});
    storage_.forget();
    return repository;
  }

  void visit_all(Repository& repository) {
    const std::vector<Id> roots{trees_.back()};
    EXPECT_EQ(find_used_blobs(repository, roots, {}).size(), trees_.size());
  }

  /// From the top downwards, each when the one above it is known.
  void load_each(Repository& repository) {
    std::for_each(trees_.rbegin(), trees_.rend(), [&](const Id& tree) {
      repository.load_blob({BlobType::kTree, tree}, {});
    });
  }

  std::size_t loads() const { return storage_.count({BackendCall::kLoad, FileKind::kPack}); }

  FileKey pack() { return {FileKind::kPack, memory_.list(FileKind::kPack, {}).at(0).id}; }

  MemoryBackend memory_;
  WaitingBackend storage_{memory_, kFar};
  test::RepositoryMaker maker_{memory_};
  std::vector<Id> trees_;
};

TEST_F(FarTreesTest, OneRequestBringsADirectoryAndAllBelow) {
  make("target");
  visit_all(*open());
  EXPECT_EQ(loads(), 1U);
  load_each(*open());
  EXPECT_EQ(loads(), 1U);
}

TEST_F(FarTreesTest, SoItDoesWithACache) {
  make("target");
  const test::TemporaryDirectory cache;
  for (const std::size_t expected : {1U, 0U}) {
    auto repository = open();
    repository->files().use_cache(std::make_unique<FileCache>(
        FileCacheOptions{cache.path(), {.max_bytes = 64 << 20, .min_free_bytes = 0}},
        repository->config().id));
    visit_all(*repository);
    load_each(*repository);
    EXPECT_EQ(loads(), expected);
  }
}

TEST_F(FarTreesTest, WhatIsLargeComesWhenItIsWanted) {
  // Its bytes do not compress.
  std::string target;
  std::mt19937 random(1);
  while (target.size() < 2 * TreeWindows::kFirstBytes) {
    target.push_back(static_cast<char>('0' + random() % 75));
  }
  make(target);
  load_each(*open());
  EXPECT_EQ(loads(), 2U);
  const std::vector<test::SeenCall> calls = storage_.seen();
  ASSERT_TRUE(calls.at(0).range);
  EXPECT_EQ(calls[0].range->length, TreeWindows::kFirstBytes);
}

TEST_F(FarTreesTest, NearStorageIsAskedForEach) {
  make("target");
  WaitingBackend near(memory_, StorageTraits{.requests = 1});
  Repository repository(near, as_bytes(test::kPassword), OpenOptions{}, StopToken{});
  repository.load_index({});
  near.forget();
  load_each(repository);
  EXPECT_EQ(near.count({BackendCall::kLoad, FileKind::kPack}), trees_.size());
}

TEST_F(FarTreesTest, DamageConcernsNobodyElse) {
  make("target");
  maker_.damage({BlobType::kTree, trees_[2]});
  const auto repository = open();
  for (std::size_t i = 0; i < trees_.size(); ++i) {
    const BlobHandle tree{BlobType::kTree, trees_[i]};
    if (i == 2) {
      EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { repository->load_blob(tree, {}); }));
    } else {
      EXPECT_NO_THROW(repository->load_blob(tree, {}));
    }
  }
}

TEST_F(FarTreesTest, OfOneThatWasCutOffTheRestIsRead) {
  make("target");
  const auto repository = open();
  const BlobHandle last{BlobType::kTree, trees_.back()};
  const std::uint64_t end = repository->index().find_any(last)->offset;
  Bytes bytes = memory_.load(pack(), std::nullopt, {}, {});
  bytes.resize(end);
  memory_.save(pack(), bytes, {});
  for (std::size_t i = 0; i + 1 < trees_.size(); ++i) {
    EXPECT_NO_THROW(repository->load_blob({BlobType::kTree, trees_[i]}, {}));
  }
  EXPECT_THROW(repository->load_blob(last, {}), Error);
}

}  // namespace
}  // namespace snapfs
