// Values in preorder, whoever loads them.
#include "fs/fetch/preorder.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/core_count.h"
#include "fs/base/error.h"
#include "tests/support/no_more_threads.h"
#include "tests/support/repository_maker.h"
#include "tests/support/waiting_backend.h"

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
    loaded.bytes = blobs.at(0).size();
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

TEST_F(PreorderTest, HoldsNoMoreThanItMay) {
  make(5);
  constexpr std::uint64_t kMost = 100;
  constexpr std::uint64_t kLongest = 10;  // "word abcab"
  std::atomic<std::uint64_t> held = 0;
  std::atomic<std::uint64_t> most_held = 0;
  const auto ahead = begin(
      [&](const std::string& key, std::vector<Bytes>&& blobs) {
        const std::uint64_t now = held += blobs.at(0).size();
        most_held = std::max(most_held.load(), now);
        return load(key, blobs);
      },
      {.max_values = 1000, .max_bytes = kMost});
  for (const std::string& expected : words_) {
    ASSERT_EQ(ahead->take(), expected);
    held -= ("word " + expected).size();
  }
  // Twice for what presses, and one that somebody waits for, beside the one that was just taken.
  EXPECT_LE(most_held, 2 * kMost + 2 * kLongest);
}

/// Below the root are many keys, of which nobody knows what they hold before they are loaded.
TEST(PreorderFarTest, WhatIsOnItsWayIsWithinTheBoundFromTheFirstBatchOn) {
  constexpr unsigned kRequests = 100;
  constexpr std::size_t kKeys = 300;
  constexpr std::size_t kBytes = 1000;
  constexpr std::size_t kMost = 30;
  MemoryBackend memory;
  test::WaitingBackend waiting(
      memory, StorageTraits{.requests = kRequests + static_cast<unsigned>(core_count())});
  test::RepositoryMaker maker(waiting);
  std::vector<Id> ids;
  for (std::size_t i = 0; i <= kKeys; ++i) {
    ids.push_back(maker.add_data(std::to_string(i) + std::string(kBytes - 3, 'x')));
    maker.flush();  // each is a request
  }
  constexpr test::CallFilter kLoads{test::BackendCall::kLoad, FileKind::kPack};
  waiting.forget();
  waiting.hold(kLoads);
  Fetcher fetcher(maker.repository());
  Preorder<std::size_t, std::size_t> ahead(
      fetcher, 0,
      [&](std::size_t key) {
        return std::vector<BlobHandle>{{BlobType::kData, ids[key]}};
      },
      [](std::size_t key, std::vector<Bytes>&& blobs) {
        Preorder<std::size_t, std::size_t>::Loaded loaded;
        loaded.value = key;
        loaded.bytes = blobs.at(0).size();
        for (std::size_t i = 1; key == 0 && i <= kKeys; ++i) loaded.children.push_back(i);
        return loaded;
      },
      {}, {.max_values = 1000, .max_bytes = kMost * kBytes});
  ASSERT_TRUE(waiting.wait_until_waiting(1));
  waiting.release_first();
  // As much again for those that will be wanted at once; the first one was not taken yet.
  EXPECT_TRUE(waiting.wait_until_waiting(2 * kMost - 1));
  waiting.release();
  for (std::size_t i = 0; i <= kKeys; ++i) ASSERT_EQ(ahead.take(), i);
  EXPECT_LE(waiting.most_at_once(), 2 * kMost);
}

TEST_F(PreorderTest, WhatNeedsNoBlobsIsMadeByWhoeverTakesIt) {
  make(1);
  std::promise<void> others_loaded;
  std::thread::id maker;
  Ahead ahead(
      fetcher_, "",
      [this](const std::string& key) {
        return key == "a" ? std::vector<BlobHandle>() : blobs_of(key);
      },
      [&](const std::string& key, std::vector<Bytes>&& blobs) {
        if (key == "c") others_loaded.set_value();
        if (key != "a") return load(key, blobs);
        maker = std::this_thread::get_id();
        // What comes behind is loaded meanwhile: no lock is held.
        others_loaded.get_future().wait();
        Ahead::Loaded loaded;
        loaded.value = key;
        return loaded;
      },
      {}, {});
  for (const std::string& expected : words_) ASSERT_EQ(ahead.take(), expected);
  EXPECT_EQ(maker, std::this_thread::get_id());
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
