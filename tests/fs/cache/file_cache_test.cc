// What one repository's part of the cache gives back, and that nothing that happens to it matters.
#include "fs/cache/file_cache.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fs/crypto/sha256.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

namespace stdfs = std::filesystem;
using std::chrono::hours;
using test::numbered_id;

/// No bytes twice, and so many that the cache takes them for a file.
Bytes content(std::uint8_t seed, std::size_t length = 100) {
  Bytes bytes(length);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + seed);
  return bytes;
}

Bytes part_of(const Bytes& bytes, const ByteRange& range) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(range.offset),
          bytes.begin() + static_cast<std::ptrdiff_t>(range.offset + range.length)};
}

FileKey key_of(FileKind kind, const Bytes& bytes) { return {kind, sha256(bytes)}; }

class FileCacheTest : public ::testing::Test {
 protected:
  std::unique_ptr<FileCache> open(bool add_saved = true) {
    return std::make_unique<FileCache>(
        FileCacheOptions{base_,
                         {.max_bytes = 1 << 20, .min_free_bytes = 0},
                         0,
                         add_saved,
                         [this](std::string_view message) { warnings_.emplace_back(message); }},
        repository_);
  }

  std::string path(const std::string& name) const {
    return base_ + "/" + repository_.hex() + "/" + name;
  }

  std::string path(FileKind kind, const std::string& name) const {
    return path(std::string(directory_of(kind)) + "/" + name.substr(0, 2) + "/" + name);
  }

  static std::optional<Bytes> load_part(FileCache& cache, const Id& pack, const ByteRange& range) {
    return cache.load_part(Content::kTree, pack, range, std::span(&range, 1));
  }

  const Id repository_ = numbered_id(9);
  test::TemporaryDirectory directory_;
  std::string base_ = directory_ / "cache";
  std::vector<std::string> warnings_;
  const Bytes index_ = content(1);
  const FileKey index_key_ = key_of(FileKind::kIndex, index_);
  const Bytes pack_ = content(3, 1000);
  const Id pack_id_ = sha256(pack_);
};

TEST_F(FileCacheTest, ADirectoryThatCannotBeMadeIsOneWarning) {
  base_ = "/proc/none/cache";
  const auto cache = open();
  cache->add(index_key_, index_);
  cache->add(index_key_, index_);
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find("/proc/none"), std::string::npos);
  EXPECT_FALSE(cache->load(index_key_));
}

TEST_F(FileCacheTest, WhatWasAddedIsThereInTheNextProcess) {
  const Bytes snapshot = content(2);
  {
    const auto cache = open();
    EXPECT_FALSE(cache->load(index_key_));
    cache->add(index_key_, index_);
    cache->add_saved(key_of(FileKind::kSnapshot, snapshot), snapshot);
    cache->add_part(Content::kTree, pack_id_, {100, 50}, part_of(pack_, {100, 50}));
  }
  const auto cache = open();
  EXPECT_EQ(cache->load(index_key_), index_);
  EXPECT_EQ(cache->load(key_of(FileKind::kSnapshot, snapshot)), snapshot);
  EXPECT_EQ(load_part(*cache, pack_id_, {110, 20}), part_of(pack_, {110, 20}));
  EXPECT_FALSE(load_part(*cache, pack_id_, {90, 20}));
  EXPECT_FALSE(load_part(*cache, pack_id_, {140, 20}));
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(FileCacheTest, HasTheLayoutOfRestic) {
  const auto cache = open();
  cache->add(index_key_, index_);
  cache->add_saved({FileKind::kPack, pack_id_}, pack_);
  EXPECT_TRUE(stdfs::exists(base_ + "/CACHEDIR.TAG"));
  EXPECT_EQ(read_file(path("version"), 10), test::to_bytes("1"));
  EXPECT_EQ(read_file(path(FileKind::kIndex, index_key_.id.hex()), 1000), index_);
  EXPECT_EQ(read_file(path(FileKind::kPack, pack_id_.hex()), 1000), pack_);
}

TEST_F(FileCacheTest, ConfigKeysAndLocksNeverAreInIt) {
  const auto cache = open();
  for (const FileKind kind : {FileKind::kConfig, FileKind::kKey, FileKind::kLock}) {
    const FileKey key = key_of(kind, index_);
    cache->add(key, index_);
    cache->add_saved(key, index_);
    EXPECT_FALSE(cache->load(key));
  }
  EXPECT_TRUE(!stdfs::exists(base_) || list_cache_entries(base_, CachePool::kMetadata).empty());
}

TEST_F(FileCacheTest, OnlyWhatIsWantedOfARunHasToBeThere) {
  const auto cache = open();
  cache->add_part(Content::kTree, pack_id_, {100, 50}, part_of(pack_, {100, 50}));
  cache->add_part(Content::kTree, pack_id_, {150, 50}, part_of(pack_, {150, 50}));
  cache->add_part(Content::kTree, pack_id_, {300, 50}, part_of(pack_, {300, 50}));
  const std::vector<ByteRange> wanted = {{110, 80}, {310, 40}};
  const auto run = cache->load_part(Content::kTree, pack_id_, {110, 240}, wanted);
  ASSERT_TRUE(run);
  ASSERT_EQ(run->size(), 240U);
  EXPECT_EQ(part_of(*run, {0, 80}), part_of(pack_, wanted[0]));
  EXPECT_EQ(part_of(*run, {200, 40}), part_of(pack_, wanted[1]));
  EXPECT_FALSE(load_part(*cache, pack_id_, {110, 240}));
}

TEST_F(FileCacheTest, AWholePackAnswersForAllItsParts) {
  open()->add_saved({FileKind::kPack, pack_id_}, pack_);
  const auto cache = open();
  EXPECT_EQ(load_part(*cache, pack_id_, {0, 1000}), pack_);
  EXPECT_EQ(load_part(*cache, pack_id_, {999, 1}), part_of(pack_, {999, 1}));
  EXPECT_FALSE(load_part(*cache, pack_id_, {999, 2})) << "it is too short for that";
}

TEST_F(FileCacheTest, WhatOnlySeemsToBeSavedIsNotAdded) {
  const auto cache = open(false);
  cache->add_saved(index_key_, index_);
  cache->add_saved({FileKind::kPack, pack_id_}, pack_);
  EXPECT_FALSE(cache->load(index_key_));
  EXPECT_FALSE(load_part(*cache, pack_id_, {0, 10}));
  cache->add(index_key_, index_);
  EXPECT_TRUE(cache->load(index_key_)) << "what was loaded is";
}

TEST_F(FileCacheTest, AFileThatIsNotWhatItsNameSaysIsDropped) {
  const auto cache = open();
  const std::string file = path(FileKind::kIndex, index_key_.id.hex());
  const std::vector<Bytes> wrong = {content(7), Bytes(100), part_of(index_, {0, 99}), Bytes()};
  for (const Bytes& bytes : wrong) {
    cache->add(index_key_, index_);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << as_text(bytes);
    EXPECT_FALSE(cache->load(index_key_));
    EXPECT_FALSE(stdfs::exists(file));
  }
  cache->add(index_key_, index_);
  EXPECT_EQ(cache->load(index_key_), index_);
}

TEST_F(FileCacheTest, APartThatIsCutOffIsDropped) {
  const auto cache = open();
  cache->add_part(Content::kTree, pack_id_, {100, 50}, part_of(pack_, {100, 50}));
  const std::string file = path(FileKind::kPack, pack_id_.hex() + "-100-50");
  stdfs::resize_file(file, 49);
  EXPECT_FALSE(load_part(*cache, pack_id_, {100, 10}));
  EXPECT_FALSE(stdfs::exists(file));
  cache->add_part(Content::kTree, pack_id_, {100, 50}, part_of(pack_, {100, 50}));
  EXPECT_TRUE(load_part(*cache, pack_id_, {100, 10}));
  stdfs::remove(file);
  EXPECT_FALSE(load_part(*cache, pack_id_, {100, 10})) << "another process removed it";
}

TEST_F(FileCacheTest, WhatDidNotOpenIsDroppedWhereItLies) {
  const auto cache = open();
  cache->add_part(Content::kTree, pack_id_, {100, 50}, part_of(pack_, {100, 50}));
  cache->add_part(Content::kTree, pack_id_, {150, 50}, part_of(pack_, {150, 50}));
  cache->drop_part(Content::kTree, pack_id_, {120, 10});
  EXPECT_FALSE(load_part(*cache, pack_id_, {120, 10}));
  EXPECT_TRUE(load_part(*cache, pack_id_, {150, 10}));
  cache->add_saved({FileKind::kPack, pack_id_}, pack_);
  cache->drop_part(Content::kTree, pack_id_, {120, 10});
  EXPECT_FALSE(load_part(*cache, pack_id_, {120, 10}));
  EXPECT_FALSE(load_part(*open(), pack_id_, {120, 10}));
}

TEST_F(FileCacheTest, WhatTheRepositoryLostIsRemoved) {
  const auto cache = open();
  const Bytes other = content(4);
  const FileKey other_key = key_of(FileKind::kIndex, other);
  cache->add(index_key_, index_);
  cache->add(other_key, other);
  cache->add_part(Content::kTree, pack_id_, {0, 50}, part_of(pack_, {0, 50}));
  cache->add_saved({FileKind::kPack, numbered_id(3)}, pack_);
  cache->keep_only(FileKind::kIndex, {{other_key.id, 100}, {numbered_id(8), 5}});
  EXPECT_FALSE(cache->load(index_key_));
  EXPECT_TRUE(cache->load(other_key));
  cache->keep_only(FileKind::kPack, {{numbered_id(3), 1000}});
  EXPECT_FALSE(load_part(*cache, pack_id_, {0, 10}));
  EXPECT_TRUE(load_part(*cache, numbered_id(3), {0, 10}));
  cache->drop({FileKind::kPack, numbered_id(3)});
  EXPECT_FALSE(load_part(*cache, numbered_id(3), {0, 10}));
  cache->keep_only(FileKind::kLock, {});
  EXPECT_TRUE(cache->load(other_key));
}

/// As if the file had been used last so long ago.
void make_old(const std::string& path, hours age) {
  stdfs::last_write_time(path, stdfs::file_time_type::clock::now() - age);
}

TEST_F(FileCacheTest, WhatTheIndexDoesNotNameGoesWhenNobodyUsesIt) {
  const auto cache = open();
  const Id named = numbered_id(1);
  const Id gone = numbered_id(2);
  const Id used = numbered_id(3);
  for (const Id& id : {named, gone, used}) cache->add_saved({FileKind::kPack, id}, pack_);
  cache->add_part(Content::kTree, pack_id_, {0, 50}, part_of(pack_, {0, 50}));
  const std::string part = path(FileKind::kPack, pack_id_.hex() + "-0-50");
  for (const Id& id : {named, gone}) make_old(path(FileKind::kPack, id.hex()), hours(25));
  make_old(part, hours(25));
  make_old(path(FileKind::kPack, used.hex()), hours(23));
  cache->drop_unindexed([&] { return std::vector<Id>{named}; });
  EXPECT_TRUE(load_part(*cache, named, {0, 10}));
  EXPECT_FALSE(load_part(*cache, gone, {0, 10}));
  EXPECT_FALSE(load_part(*cache, pack_id_, {0, 10}));
  EXPECT_TRUE(load_part(*cache, used, {0, 10}));
  EXPECT_FALSE(stdfs::exists(part));
}

TEST_F(FileCacheTest, TheIndexIsAskedOnceADay) {
  const auto cache = open();
  int asked = 0;
  const auto ask = [&] {
    cache->drop_unindexed([&] {
      ++asked;
      return std::vector<Id>();
    });
  };
  ask();
  EXPECT_EQ(asked, 0) << "nothing is kept, and nothing is made for that";
  EXPECT_FALSE(stdfs::exists(base_));
  cache->add(index_key_, index_);
  for (int i = 0; i < 3; ++i) ask();
  EXPECT_EQ(asked, 1);
  open()->drop_unindexed([]() -> std::vector<Id> {
    ADD_FAILURE() << "the next process asks again";
    return {};
  });
  for (const hours age : {hours(25), hours(-2)}) {
    make_old(path("packs-compared"), age);
    ask();
    ask();
  }
  EXPECT_EQ(asked, 3);
  EXPECT_TRUE(cache->load(index_key_)) << "it is about packs";
}

TEST_F(FileCacheTest, ADirectoryThatVanishesIsMadeAnew) {
  const auto cache = open();
  cache->add(index_key_, index_);
  cache->add_part(Content::kTree, pack_id_, {100, 50}, part_of(pack_, {100, 50}));
  stdfs::remove_all(base_);
  EXPECT_FALSE(cache->load(index_key_));
  EXPECT_FALSE(load_part(*cache, pack_id_, {100, 10}));
  cache->keep_only(FileKind::kIndex, {});
  cache->add(index_key_, index_);
  cache->add_part(Content::kTree, pack_id_, {100, 50}, part_of(pack_, {100, 50}));
  EXPECT_EQ(cache->load(index_key_), index_);
  EXPECT_TRUE(load_part(*cache, pack_id_, {100, 10}));
  EXPECT_TRUE(stdfs::exists(path("version")));
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(FileCacheTest, WhereNothingCanBeWrittenItWarnsOnceAndReads) {
  open()->add(index_key_, index_);
  // What stops root, too: a file where a directory should be.
  directory_.write("cache/" + repository_.hex() + "/data", "in the way");
  const auto cache = open();
  for (int i = 0; i < 3; ++i) cache->add_saved({FileKind::kPack, pack_id_}, pack_);
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find(base_), std::string::npos) << warnings_[0];
  EXPECT_NE(warnings_[0].find("--no-cache"), std::string::npos) << warnings_[0];
  EXPECT_EQ(cache->load(index_key_), index_);
}

/// Runs `work` in a process that has its mounts for itself, so that none is left over whatever
/// happens. What it expects in vain fails here.
template <class Work>
void run_with_mounts(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool alone = ::unshare(CLONE_NEWNS) == 0 &&
                       ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    if (!alone || !work()) ::_exit(77);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int state = 0;
  ASSERT_EQ(::waitpid(child, &state, 0), child);
  if (WIFEXITED(state) && WEXITSTATUS(state) == 77) GTEST_SKIP() << "mounting is forbidden";
  ASSERT_TRUE(WIFEXITED(state));
  EXPECT_EQ(WEXITSTATUS(state), 0);
}

TEST_F(FileCacheTest, AReadOnlyDirectoryIsReadFrom) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may mount";
  open()->add(index_key_, index_);
  run_with_mounts([this] {
    const char* const base = base_.c_str();
    if (::mount(base, base, nullptr, MS_BIND, nullptr) != 0 ||
        ::mount(nullptr, base, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0) {
      return false;
    }
    const auto cache = open();
    EXPECT_EQ(cache->load(index_key_), index_);
    for (int i = 0; i < 3; ++i) cache->add_saved({FileKind::kPack, pack_id_}, pack_);
    EXPECT_EQ(warnings_.size(), 1U);
    cache->keep_only(FileKind::kIndex, {});
    EXPECT_EQ(cache->load(index_key_), index_);
    return true;
  });
}

TEST_F(FileCacheTest, AFullDiskIsNoFailure) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may mount";
  stdfs::create_directory(base_);
  run_with_mounts([this] {
    if (::mount("tmpfs", base_.c_str(), "tmpfs", 0, "size=128k") != 0) return false;
    const auto cache = open();
    const Bytes large = content(5, 30'000);
    for (std::uint64_t i = 1; i <= 8; ++i) {
      cache->add_saved({FileKind::kPack, numbered_id(i)}, large);
      EXPECT_EQ(load_part(*cache, numbered_id(i), {0, 30'000}), large) << "older ones make room";
    }
    EXPECT_FALSE(load_part(*cache, numbered_id(1), {0, 30'000}));
    cache->add_saved({FileKind::kPack, pack_id_}, content(5, 200'000));
    EXPECT_FALSE(load_part(*cache, pack_id_, {0, 10}));
    EXPECT_TRUE(warnings_.empty());
    return true;
  });
}

TEST_F(FileCacheTest, ADiskThatIsFullAllTheSameIsNoFailure) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may mount";
  stdfs::create_directory(base_);
  run_with_mounts([this] {
    // There are bytes, and no room for a name.
    if (::mount("tmpfs", base_.c_str(), "tmpfs", 0, "size=1m,nr_inodes=8") != 0) return false;
    const auto cache = open();
    for (std::uint64_t i = 1; i <= 8; ++i) {
      cache->add_saved({FileKind::kPack, numbered_id(i)}, content(5, 1000));
    }
    EXPECT_EQ(warnings_.size(), 1U);
    EXPECT_FALSE(load_part(*cache, numbered_id(8), {0, 1000}));
    EXPECT_TRUE(load_part(*cache, numbered_id(1), {0, 1000}));
    return true;
  });
}

TEST_F(FileCacheTest, ANewerProgramsIsLeftAlone) {
  open()->add(index_key_, index_);
  std::ofstream(path("version"), std::ios::trunc) << "2";
  const auto cache = open();
  EXPECT_FALSE(cache->load(index_key_));
  cache->add_saved({FileKind::kPack, pack_id_}, pack_);
  EXPECT_FALSE(stdfs::exists(path(FileKind::kPack, pack_id_.hex())));
  EXPECT_EQ(warnings_.size(), 1U);
  EXPECT_EQ(read_file(path("version"), 10), test::to_bytes("2"));
}

TEST_F(FileCacheTest, AVersionThatWasCutOffIsWrittenAgain) {
  open()->add(index_key_, index_);
  std::ofstream(path("version"), std::ios::trunc) << "";
  const auto cache = open();
  EXPECT_EQ(cache->load(index_key_), index_);
  cache->add_saved({FileKind::kPack, pack_id_}, pack_);
  EXPECT_EQ(read_file(path("version"), 10), test::to_bytes("1"));
}

TEST_F(FileCacheTest, AFifoInThePlaceOfAFileIsNotWaitedFor) {
  open()->add(index_key_, index_);
  for (const std::string& file : {path("version"), path(FileKind::kIndex, index_key_.id.hex())}) {
    ASSERT_TRUE(stdfs::remove(file));
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  }
  const auto cache = open();
  EXPECT_FALSE(cache->load(index_key_));
  cache->add(index_key_, index_);
  EXPECT_EQ(open()->load(index_key_), index_);
}

TEST_F(FileCacheTest, DataIsKeptIfThatIsWantedAndHasASizeOfItsOwn) {
  EXPECT_FALSE(open()->keeps_parts(Content::kData));
  const auto cache = std::make_unique<FileCache>(
      FileCacheOptions{base_, {.max_bytes = 500, .min_free_bytes = 0}, 2000}, repository_);
  EXPECT_TRUE(cache->keeps_parts(Content::kData));
  cache->add_part(Content::kTree, pack_id_, {0, 400}, part_of(pack_, {0, 400}));
  for (std::uint64_t i = 1; i <= 3; ++i) {
    cache->add_part(Content::kData, numbered_id(i), {0, 900}, part_of(pack_, {0, 900}));
    const ByteRange range{100, 800};
    const auto found = cache->load_part(Content::kData, numbered_id(i), range, {&range, 1});
    EXPECT_EQ(found, part_of(pack_, range));
    EXPECT_FALSE(load_part(*cache, numbered_id(i), range)) << "it is no tree";
  }
  std::uint64_t bytes = 0;
  for (const CacheEntry& entry : list_cache_entries(base_, CachePool::kContent)) {
    bytes += entry.bytes;
  }
  EXPECT_EQ(bytes, 1800U);
  EXPECT_TRUE(load_part(*cache, pack_id_, {0, 400})) << "data pushes no trees out";
  const ByteRange all{0, 900};
  cache->drop_part(Content::kData, numbered_id(3), {0, 1});
  EXPECT_FALSE(cache->load_part(Content::kData, numbered_id(3), all, {&all, 1}));
  cache->keep_only(FileKind::kPack, {});
  EXPECT_TRUE(list_cache_entries(base_, CachePool::kContent).empty());
}

TEST_F(FileCacheTest, SeveralProcessesShareIt) {
  constexpr std::uint64_t kPacks = 20;
  std::vector<std::jthread> threads;
  for (int process = 0; process < 4; ++process) {
    threads.emplace_back([this, process] {
      const auto cache = open();
      for (std::uint64_t i = 0; i < 10 * kPacks; ++i) {
        const Id pack = numbered_id(i % kPacks);
        const Bytes bytes = content(static_cast<std::uint8_t>(i % kPacks), 1000);
        const ByteRange range{i % 7 * 100, 200};
        if (const auto found = load_part(*cache, pack, range)) {
          ASSERT_EQ(*found, part_of(bytes, range));
        } else {
          cache->add_part(Content::kTree, pack, range, part_of(bytes, range));
        }
        if (i % 23 == 22) cache->drop({FileKind::kPack, pack});
        std::error_code ignored;  // others put files into it meanwhile
        if (process == 0 && i == 100) stdfs::remove_all(path("data"), ignored);
        if (i % 5 == 0) cache->add(index_key_, index_);
        if (const auto found = cache->load(index_key_)) {
          ASSERT_EQ(*found, index_);
        }
      }
    });
  }
  threads.clear();
  EXPECT_TRUE(warnings_.empty()) << warnings_.front();
  for (const CacheEntry& entry : list_cache_entries(base_, CachePool::kMetadata))
    EXPECT_FALSE(entry.unfinished);
}

}  // namespace
}  // namespace snapfs
