// Values in preorder, whoever loads them.
#include "fs/base/preorder_ahead.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using Ahead = PreorderAhead<std::string, std::string>;

/// Below each key of fewer than `depth` letters are those with one more of "abc".
Ahead::Loaded load_letters(const std::string& key, std::size_t depth) {
  Ahead::Loaded loaded;
  loaded.value = key;
  if (key.size() < depth) {
    for (const char c : {'a', 'b', 'c'}) loaded.children.push_back(key + c);
  }
  return loaded;
}

std::vector<std::string> preorder(std::size_t depth) {
  std::vector<std::string> all;
  const auto add = [&](const auto& self, const std::string& key) -> void {
    all.push_back(key);
    if (key.size() == depth) return;
    for (const char c : {'a', 'b', 'c'}) self(self, key + c);
  };
  add(add, "");
  return all;
}

TEST(PreorderAheadTest, GivesParentsFirstAndSiblingsInOrder) {
  constexpr std::size_t kDepth = 6;
  Ahead ahead("", [](const std::string& key) { return load_letters(key, kDepth); });
  for (const std::string& expected : preorder(kDepth)) ASSERT_EQ(ahead.take(), expected);
}

TEST(PreorderAheadTest, LoadsBeforeItIsAsked) {
  std::promise<void> last_loaded;
  Ahead ahead("", [&](const std::string& key) {
    if (key == "cc") last_loaded.set_value();
    return load_letters(key, 2);
  });
  last_loaded.get_future().wait();  // nothing was taken yet
  EXPECT_EQ(ahead.take(), "");
}

TEST(PreorderAheadTest, HoldsNoMoreThanItMay) {
  constexpr std::size_t kMost = 3;
  std::atomic<std::size_t> held = 0;
  std::atomic<std::size_t> most_held = 0;
  const auto load = [&](const std::string& key) {
    const std::size_t now = ++held;
    most_held = std::max(most_held.load(), now);
    return load_letters(key, 4);
  };
  Ahead ahead("", load, {.threads = 4, .max_values = kMost});
  for (const std::string& expected : preorder(4)) {
    ASSERT_EQ(ahead.take(), expected);
    --held;
  }
  EXPECT_LE(most_held, kMost + 1);  // the one that its user waits for is loaded whatever is held
}

TEST(PreorderAheadTest, LoadsEachKeyOnce) {
  std::atomic<std::size_t> loads = 0;
  Ahead ahead("", [&](const std::string& key) {
    ++loads;
    return load_letters(key, 4);
  });
  const std::vector<std::string> all = preorder(4);
  for (std::size_t i = 0; i < all.size(); ++i) ahead.take();
  EXPECT_EQ(loads, all.size());
}

TEST(PreorderAheadTest, GoesOnBehindAKeyThatCannotBeLoaded) {
  Ahead ahead("", [](const std::string& key) {
    if (key == "b") throw std::runtime_error("damaged");
    return load_letters(key, 2);
  });
  std::vector<std::string> seen;
  for (int i = 0; i < 10; ++i) {
    try {
      seen.push_back(ahead.take());
    } catch (const std::runtime_error& error) {
      seen.emplace_back(error.what());
    }
  }
  EXPECT_THAT(seen,
              testing::ElementsAre("", "a", "aa", "ab", "ac", "damaged", "c", "ca", "cb", "cc"));
}

TEST(PreorderAheadTest, EndsWhileThereIsMoreToLoad) {
  Ahead ahead("", [](const std::string& key) { return load_letters(key, 12); });
  EXPECT_EQ(ahead.take(), "");
}

}  // namespace
}  // namespace snapfs
