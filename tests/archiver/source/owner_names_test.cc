// Names of users and groups, from any number of threads.
#include "archiver/source/owner_names.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

constexpr std::uint32_t kNobodyHasThis = 3999999999;

TEST(OwnerNames, KnowsRootAndNotTheUnknown) {
  OwnerNames names;
  EXPECT_EQ(names.user(0), "root");
  EXPECT_EQ(names.group(0), "root");
  EXPECT_EQ(names.user(kNobodyHasThis), "");
  EXPECT_EQ(names.group(kNobodyHasThis), "");
}

TEST(OwnerNames, AsksOnceAndKeepsTheAnswerInPlace) {
  OwnerNames names;
  const std::string_view first = names.user(0);
  for (std::uint32_t uid = 1; uid < 200; ++uid) names.user(uid);
  EXPECT_EQ(names.user(0).data(), first.data());
  EXPECT_EQ(first, "root");
}

TEST(OwnerNames, AnswersThreadsAlike) {
  OwnerNames names;
  std::vector<std::thread> threads;
  std::vector<std::string_view> roots(4);
  for (std::string_view& root : roots) {
    threads.emplace_back([&names, &root] {
      for (std::uint32_t id = 0; id < 100; ++id) names.group(id);
      root = names.user(0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string_view root : roots) EXPECT_EQ(root.data(), roots[0].data());
}

}  // namespace
}  // namespace snapfs
