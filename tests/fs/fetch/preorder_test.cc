// Values in preorder, whoever loads them.
#include "fs/fetch/preorder.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "tests/support/no_more_threads.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

using Ahead = Preorder<std::string, std::string>;

/// Keys are words of the letters "abc"; below each that is shorter than the depth are those with
/// one letter more. Each is a blob, of which the word is the content.
class PreorderTest : public ::testing::Test {
 protected:
  void make(std::size_t depth) {
    depth_ = depth;
    add("");
    maker_.flush();
  }

  void add(const std::string& key) {
    ids_[key] = maker_.add_data("word " + key);
    words_.push_back(key);
    if (key.size() == depth_) return;
    for (const char c : {'a', 'b', 'c'}) add(key + c);
  }

  std::vector<BlobHandle> blobs_of(const std::string& key) const {
    return {{BlobType::kData, ids_.at(key)}};
  }

  Ahead::Loaded load(const std::string& key, const std::vector<Bytes>& blobs) const {
    EXPECT_EQ(as_text(blobs.at(0)), "word " + key);
    Ahead::Loaded loaded;
    loaded.value = key;
    if (key.size() < depth_) {
      for (const char c : {'a', 'b', 'c'}) loaded.children.push_back(key + c);
    }
    return loaded;
  }

  std::unique_ptr<Ahead> begin(const Ahead::Load& load, const AheadLimits& limits = {}) {
    return std::make_unique<Ahead>(
        fetcher_, "", [this](const std::string& key) { return blobs_of(key); }, load, StopToken(),
        limits);
  }
  std::unique_ptr<Ahead> begin(const AheadLimits& limits = {}) {
    return begin(
        [this](const std::string& key, std::vector<Bytes>&& blobs) { return load(key, blobs); },
        limits);
  }

  MemoryBackend memory_;
  test::RepositoryMaker maker_{memory_};
  Fetcher fetcher_{maker_.repository()};
  std::size_t depth_ = 0;
  std::map<std::string, Id> ids_;
  std::vector<std::string> words_;  ///< in preorder
};

TEST_F(PreorderTest, GivesParentsFirstAndSiblingsInOrder) {
  make(6);
  const auto ahead = begin();
  for (const std::string& expected : words_) ASSERT_EQ(ahead->take(), expected);
}

TEST_F(PreorderTest, LoadsBeforeItIsAsked) {
  make(2);
  std::promise<void> last_loaded;
  const auto ahead = begin([&](const std::string& key, std::vector<Bytes>&& blobs) {
    if (key == "cc") last_loaded.set_value();
    return load(key, blobs);
  });
  last_loaded.get_future().wait();  // nothing was taken yet
  EXPECT_EQ(ahead->take(), "");
}

TEST_F(PreorderTest, HoldsLittleMoreThanItMay) {
  make(5);
  constexpr std::size_t kMost = 10;
  std::atomic<std::size_t> held = 0;
  std::atomic<std::size_t> most_held = 0;
  const auto ahead = begin(
      [&](const std::string& key, std::vector<Bytes>&& blobs) {
        const std::size_t now = ++held;
        most_held = std::max(most_held.load(), now);
        return load(key, blobs);
      },
      {.max_values = 1000, .max_weight = kMost});
  for (const std::string& expected : words_) {
    ASSERT_EQ(ahead->take(), expected);
    --held;
  }
  // Beside it a batch may be on its way, and on each level what presses.
  EXPECT_LE(most_held, kMost + 16 + depth_ * fetcher_.requests());
}

TEST_F(PreorderTest, LoadsEachKeyOnce) {
  make(4);
  std::atomic<std::size_t> loads = 0;
  const auto ahead = begin([&](const std::string& key, std::vector<Bytes>&& blobs) {
    ++loads;
    return load(key, blobs);
  });
  for (std::size_t i = 0; i < words_.size(); ++i) ahead->take();
  EXPECT_EQ(loads, words_.size());
}

TEST_F(PreorderTest, GoesOnBehindAKeyThatCannotBeLoaded) {
  make(2);
  maker_.damage({BlobType::kData, ids_.at("c")});
  const auto ahead = begin([&](const std::string& key, std::vector<Bytes>&& blobs) {
    if (key == "b") throw std::runtime_error("no value");
    return load(key, blobs);
  });
  std::vector<std::string> seen;
  for (int i = 0; i < 7; ++i) {
    try {
      seen.push_back(ahead->take());
    } catch (const Error& error) {
      seen.emplace_back(error.code() == ErrorCode::kDamaged ? "damaged" : error.what());
    } catch (const std::runtime_error& error) {
      seen.emplace_back(error.what());
    }
  }
  EXPECT_THAT(seen, testing::ElementsAre("", "a", "aa", "ab", "ac", "no value", "damaged"));
}

TEST_F(PreorderTest, AKeyCanTakeSeveralBlobsOrNone) {
  make(1);
  Ahead ahead(
      fetcher_, "",
      [this](const std::string& key) {
        if (key == "b") return std::vector<BlobHandle>();
        return std::vector<BlobHandle>{{BlobType::kData, ids_.at("c")},
                                       {BlobType::kData, ids_.at("a")}};
      },
      [](const std::string& key, std::vector<Bytes>&& blobs) {
        Ahead::Loaded loaded;
        for (const Bytes& blob : blobs) loaded.value += std::string(as_text(blob)) + ",";
        if (key.empty()) loaded.children = {"a", "b"};
        return loaded;
      },
      {}, {});
  EXPECT_EQ(ahead.take(), "word c,word a,");
  EXPECT_EQ(ahead.take(), "word c,word a,");
  EXPECT_EQ(ahead.take(), "");
}

TEST_F(PreorderTest, EndsWhileThereIsMoreToLoad) {
  make(6);
  EXPECT_EQ(begin()->take(), "");
}

TEST_F(PreorderTest, WithoutThreadsWhoeverTakesLoads) {
  make(3);
  const test::NoMoreThreads none;
  const auto ahead = begin();
  for (const std::string& expected : words_) ASSERT_EQ(ahead->take(), expected);
}

}  // namespace
}  // namespace snapfs
