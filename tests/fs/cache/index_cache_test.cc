// A copy of the index: that it says the same, and that nothing else is ever believed.
#include "fs/cache/index_cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/crypto/keys.h"
#include "fs/format/codec.h"
#include "fs/format/index_file.h"
#include "fs/repo/repository.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

namespace stdfs = std::filesystem;
using test::numbered_id;

class IndexCacheTest : public ::testing::Test {
 protected:
  IndexCacheTest() {
    add_blobs(index_, 1, 3000);
    // A blob whose lengths do not fit a row, and one that lies in two packs.
    index_.add_packs({{numbered_id(1, 0x22), {{large_, 0, 1 << 25, 1 << 26}}},
                      {numbered_id(2, 0x22), {{twice_, 0, 10, 20}}},
                      {numbered_id(3, 0x22), {{twice_, 7, 10, 20}}}});
  }
  ~IndexCacheTest() override { stdfs::remove_all(directory_); }

  static void add_blobs(Index& index, std::uint64_t seed, std::size_t count) {
    std::mt19937_64 random(seed);
    for (std::size_t i = 0; i < count; ++i) {
      Id id;
      for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
      const BlobType type = i % 3 == 0 ? BlobType::kTree : BlobType::kData;
      index.add_packs({{numbered_id(i, static_cast<std::uint8_t>(seed)),
                        {{{type, id}, static_cast<std::uint32_t>(i), 100, 200}}}});
    }
  }

  IndexCache cache() const { return IndexCache(directory_, numbered_id(9)); }
  std::string file() const { return directory_ + "/" + numbered_id(9).hex() + ".index"; }
  void store() { cache().store(files_, index_.contents(), codec_); }

  /// What a load with these files listed comes to.
  std::set<Id> load(const std::set<Id>& listed, Index& index) {
    return cache().load(listed, index, codec_);
  }
  void expect_nothing(const std::set<Id>& listed) {
    Index index;
    EXPECT_TRUE(load(listed, index).empty());
    EXPECT_EQ(index.blob_count(), 0U);
  }

  void expect_same(Index& loaded) {
    EXPECT_EQ(loaded.blob_count(), index_.blob_count());
    EXPECT_EQ(loaded.pack_count(), index_.pack_count());
    const Index::Contents expected = index_.contents();
    const std::vector<BlobType> types{BlobType::kData, BlobType::kTree};
    for (std::size_t i = 0; i < types.size(); ++i) {
      expected.tables.at(i).for_each([&](const TableEntry& entry) {
        const BlobHandle handle{types[i], entry.id};
        ASSERT_EQ(loaded.find(handle), index_.find(handle));
      });
    }
  }

  const std::string directory_ =
      stdfs::temp_directory_path() / ("snapfs-index-cache-" + std::to_string(::getpid()));
  const std::set<Id> files_{numbered_id(1), numbered_id(2), numbered_id(3)};
  const BlobHandle large_{BlobType::kData, numbered_id(1, 0x33)};
  const BlobHandle twice_{BlobType::kData, numbered_id(2, 0x33)};
  const Keys keys_ = Keys::random();
  Codec codec_{keys_, {}};
  Index index_;
};

TEST_F(IndexCacheTest, SaysWhatTheIndexSaid) {
  store();
  Index loaded;
  EXPECT_EQ(load(files_, loaded), files_);
  expect_same(loaded);
  EXPECT_EQ(loaded.find(large_).front().uncompressed_length, 1U << 26);
  EXPECT_EQ(loaded.find(twice_).size(), 2U);
  EXPECT_FALSE(loaded.contains({BlobType::kData, numbered_id(4, 0x33)}));
}

TEST_F(IndexCacheTest, GrowsLikeAnyOther) {
  store();
  Index loaded;
  load(files_, loaded);
  add_blobs(loaded, 2, 40'000);  // more than wait for a merge
  add_blobs(index_, 2, 40'000);
  stdfs::remove(file());
  expect_same(loaded);
}

TEST_F(IndexCacheTest, StandsForFewerFilesThanThereAreButNeverForMore) {
  store();
  std::set<Id> more = files_;
  more.insert(numbered_id(4));
  Index loaded;
  EXPECT_EQ(load(more, loaded), files_);
  std::set<Id> fewer = files_;
  fewer.erase(numbered_id(2));
  expect_nothing(fewer);
}

TEST_F(IndexCacheTest, IsReplaced) {
  store();
  add_blobs(index_, 3, 100);
  store();
  Index loaded;
  EXPECT_EQ(load(files_, loaded), files_);
  expect_same(loaded);
  const auto count = std::distance(stdfs::directory_iterator(directory_), {});
  EXPECT_EQ(count, 2) << "the cache and its tag, and nothing that was on its way";
}

TEST_F(IndexCacheTest, DamageIsNoCache) {
  expect_nothing(files_);
  store();
  const auto size = static_cast<std::streamoff>(stdfs::file_size(file()));
  for (const std::streamoff at : {std::streamoff{0}, std::streamoff{17}, std::streamoff{30},
                                  std::streamoff{300}, size / 2, size - 60, size - 1}) {
    std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(at);
    const auto byte = static_cast<char>(stream.get());
    stream.seekp(at);
    stream.put(static_cast<char>(byte ^ 0x10));
    stream.close();
    expect_nothing(files_);
    stream.open(file(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(at);
    stream.put(byte);
  }
  Index loaded;
  EXPECT_EQ(load(files_, loaded), files_);
  for (const std::uintmax_t left : {std::uintmax_t{0}, std::uintmax_t{1}, std::uintmax_t{400},
                                    static_cast<std::uintmax_t>(size - 1)}) {
    store();
    stdfs::resize_file(file(), left);
    expect_nothing(files_);
  }
}

TEST_F(IndexCacheTest, WhatIsNoFileOfOursIsNoCache) {
  store();
  stdfs::rename(file(), file() + "-elsewhere");
  stdfs::create_symlink(file() + "-elsewhere", file());
  expect_nothing(files_);
  stdfs::remove(file());
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  expect_nothing(files_);
  store();  // in its place
  Index loaded;
  EXPECT_EQ(load(files_, loaded), files_);
  EXPECT_EQ(stdfs::status(directory_).permissions(), stdfs::perms::owner_all);
}

TEST_F(IndexCacheTest, ARepositoryBeginsWithItAndReadsTheRest) {
  MemoryBackend backend;
  Repository::init(backend, as_bytes("password"), kQuickInit, {});
  const auto open = [&] {
    auto repository =
        std::make_unique<Repository>(backend, as_bytes("password"), OpenOptions{}, StopToken{});
    repository->use_index_cache(directory_);
    return repository;
  };
  const auto add_file = [&](std::uint64_t number, std::size_t blobs) {
    PackDescription pack{numbered_id(number, 0x44), {}};
    for (std::size_t i = 0; i < blobs; ++i) {
      const BlobHandle blob{BlobType::kData, numbered_id(i, static_cast<std::uint8_t>(number))};
      pack.entries.push_back({blob, static_cast<std::uint32_t>(100 * i), 100, 200});
    }
    open()->save_file(FileKind::kIndex, as_bytes(encode_index(std::span(&pack, 1))), {});
  };
  add_file(1, 25'000);
  open()->load_index({});
  add_file(2, 10);
  const std::vector<Id> files = open()->list(FileKind::kIndex, {});
  ASSERT_EQ(files.size(), 2U);

  const std::string cached = directory_ + "/" + open()->config().id.hex() + ".index";
  ASSERT_TRUE(stdfs::exists(cached));
  const auto again = open();
  again->load_index({});
  EXPECT_EQ(again->index().blob_count(), 25'010U);
  EXPECT_TRUE(again->index().contains({BlobType::kData, numbered_id(9, 2)}));
  EXPECT_LT(again->index().memory_bytes(), std::size_t{25'000} * 44) << "the copy was not mapped";
}

TEST_F(IndexCacheTest, AnotherRepositorysIsNoCache) {
  const Keys other = Keys::random();
  Codec codec(other, {});
  cache().store(files_, index_.contents(), codec);
  expect_nothing(files_);
}

}  // namespace
}  // namespace snapfs
