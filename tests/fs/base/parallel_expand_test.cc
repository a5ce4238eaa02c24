// Work that finds work.
#include "fs/base/parallel_expand.h"

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/base/synchronized.h"

namespace snapfs {
namespace {

TEST(ParallelExpandTest, DoesEveryItemThatIsFoundOnce) {
  Synchronized<std::multiset<std::string>> done;
  parallel_expand(std::vector<std::string>{"a", "b"},
                  [&](const std::string& item, std::vector<std::string>& found) {
                    done.lock()->insert(item);
                    if (item.size() < 10) found = {item + "a", item + "b"};
                  });
  const auto all = done.lock();
  EXPECT_EQ(all->size(), 2046U);
  EXPECT_EQ(std::set<std::string>(all->begin(), all->end()).size(), 2046U);
}

TEST(ParallelExpandTest, EndsWithTheFirstException) {
  const auto work = [](int item, std::vector<int>& found) {
    if (item == 1000) throw std::runtime_error("enough");
    found = {item + 1, item + 1};
  };
  EXPECT_THROW(parallel_expand(std::vector<int>{0}, work), std::runtime_error);
}

TEST(ParallelExpandTest, HasNothingToDoWithoutItems) {
  parallel_expand(std::vector<int>{}, [](int, std::vector<int>&) { FAIL(); });
}

}  // namespace
}  // namespace snapfs
