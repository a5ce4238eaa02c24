// What a directory of copies holds, and what has to go.
#include "fs/cache/cache_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <gtest/gtest.h>

#include "fs/base/file.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::numbered_id;
using test::TemporaryDirectory;

class CacheFilesTest : public ::testing::Test {
 protected:
  /// A file of that size, used so many seconds after some day.
  void add(const std::string& name, std::size_t bytes, std::int64_t used) {
    const std::string path = directory_.path().string() + "/" + name;
    const UniqueFd fd = open_file(path, O_WRONLY | O_CREAT, 0600);
    write_all(fd.get(), as_bytes(std::string(bytes, 'x')), path);
    const timespec time{kDay + used, 0};
    const timespec times[] = {time, time};
    ASSERT_EQ(::futimens(fd.get(), times), 0);
  }

  void add_index(std::uint64_t number, std::size_t bytes, std::int64_t used) {
    add(numbered_id(number).hex() + ".index", bytes, used);
  }

  /// The numbers of those that would go, when it is `now` seconds after that day.
  std::vector<std::uint64_t> expired(std::int64_t now, const CacheLimits& limits) {
    std::vector<std::uint64_t> numbers;
    for (const auto& one :
         choose_expired(list_cached(directory_.path().string()), {kDay + now, 0}, limits)) {
      for (std::uint64_t number = 1; number < 10; ++number) {
        if (one.repository == numbered_id(number)) numbers.push_back(number);
      }
    }
    return numbers;
  }

  static constexpr std::int64_t kDay = 1'700'000'000;
  TemporaryDirectory directory_;
};

TEST_F(CacheFilesTest, NoDirectoryHoldsNothing) {
  EXPECT_TRUE(list_cached(directory_.path().string() + "/nowhere").empty());
}

TEST_F(CacheFilesTest, FilesOfOursAreListedLastUsedFirst) {
  add_index(1, 10, 100);
  add_index(2, 20, 300);
  add(numbered_id(1).hex() + ".index-Ab12Cd", 5, 50);
  add("CACHEDIR.TAG", 43, 0);
  add(numbered_id(3).hex() + ".other", 1, 0);
  add(numbered_id(3).hex(), 1, 0);
  ASSERT_EQ(
      ::mkdir((directory_.path().string() + "/" + numbered_id(4).hex() + ".index").c_str(), 0700),
      0);
  const auto cached = list_cached(directory_.path().string());
  ASSERT_EQ(cached.size(), 2U);
  EXPECT_EQ(cached[0].repository, numbered_id(2));
  EXPECT_EQ(cached[1].repository, numbered_id(1));
  EXPECT_EQ(cached[1].bytes, 15U);
  EXPECT_EQ(cached[1].last_used.seconds, kDay + 100);
  EXPECT_EQ(cached[1].paths.size(), 2U);
}

TEST_F(CacheFilesTest, OldOnesAndThenThoseUnusedForLongestGo) {
  add_index(1, 10, 100);
  add_index(2, 10, 200);
  add_index(3, 10, 300);
  using std::chrono::seconds;
  using Numbers = std::vector<std::uint64_t>;
  EXPECT_EQ(expired(300, {}), Numbers{});
  EXPECT_EQ(expired(300, {.max_age = seconds(100), .max_bytes = {}}), (Numbers{1}));
  EXPECT_EQ(expired(300, {.max_age = seconds(99), .max_bytes = {}}), (Numbers{2, 1}));
  EXPECT_EQ(expired(300, {.max_age = {}, .max_bytes = 30}), Numbers{});
  EXPECT_EQ(expired(300, {.max_age = {}, .max_bytes = 29}), (Numbers{1}));
  EXPECT_EQ(expired(300, {.max_age = {}, .max_bytes = 0}), (Numbers{3, 2, 1}));
  EXPECT_EQ(expired(300, {.max_age = seconds(150), .max_bytes = 15}), (Numbers{2, 1}));
  EXPECT_EQ(expired(0, {.max_age = seconds(99), .max_bytes = {}}), Numbers{}) << "clock set back";
}

TEST_F(CacheFilesTest, OneThatIsTooLargeTakesThoseBehindItAlong) {
  // Otherwise the order would not be that of use.
  add_index(1, 1, 100);
  add_index(2, 100, 200);
  add_index(3, 1, 300);
  EXPECT_EQ(expired(300, {.max_age = {}, .max_bytes = 50}), (std::vector<std::uint64_t>{2, 1}));
}

TEST_F(CacheFilesTest, DirectoriesOfRepositoriesCountWithAllThatIsInThem) {
  const std::string repository = numbered_id(1).hex();
  const std::string pack = numbered_id(7).hex();
  directory_.write(repository + "/version", "1");
  directory_.write(repository + "/data/00/" + pack, "0123456789");
  directory_.write(repository + "/data/00/" + pack + "-5-10", "0123456789");
  directory_.write(repository + "/index/00/" + pack, "01234");
  directory_.write(repository + "/snapshots/00/tmp-123456", "012");
  directory_.write(repository + "/snapshots/00/notes", "not ours");
  directory_.write(repository + "/keys/00/" + pack, "not ours");
  add_index(1, 100, 100);
  const std::string base = directory_.path().string();
  directory_.write(repository + "/content/00/" + pack + "-0-3", "012");
  EXPECT_EQ(list_cache_entries(base, CachePool::kMetadata).size(), 5U);
  EXPECT_EQ(list_cache_entries(base, CachePool::kContent).size(), 1U);
  const auto cached = list_cached(base);
  ASSERT_EQ(cached.size(), 1U);
  EXPECT_EQ(cached[0].repository, numbered_id(1));
  EXPECT_EQ(cached[0].bytes, 131U);
  EXPECT_GT(cached[0].last_used.seconds, kDay + 100);
  remove_cached(cached[0]);
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(CacheFilesTest, NothingIsRemovedThroughALink) {
  const test::TemporaryDirectory other;
  const std::string file =
      other.write(numbered_id(1).hex() + "/data/00/" + numbered_id(7).hex(), "x");
  std::filesystem::create_directory_symlink(other / numbered_id(1).hex(),
                                            directory_ / numbered_id(1).hex());
  EXPECT_TRUE(list_cached(directory_.path().string()).empty());
  directory_.make_directory(numbered_id(2).hex());
  std::filesystem::create_directory_symlink(other / (numbered_id(1).hex() + "/data"),
                                            directory_ / (numbered_id(2).hex() + "/data"));
  remove_cached(list_cached(directory_.path().string()).at(0));
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(CacheFilesTest, RemovedOnesAreGone) {
  add_index(1, 10, 100);
  const auto cached = list_cached(directory_.path().string());
  remove_cached(cached.at(0));
  EXPECT_TRUE(list_cached(directory_.path().string()).empty());
  remove_cached(cached.at(0));
}

}  // namespace
}  // namespace snapfs
