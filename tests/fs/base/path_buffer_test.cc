#include "fs/base/path_buffer.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(PathChain, OrderIsThatOfThePathsAsText) {
  const PathChain root;
  const PathChain a = root.below("a");
  const std::vector<PathChain> chains = {root,
                                         a,
                                         a.below("b"),
                                         a.below("b").below("c"),
                                         a.below(""),
                                         root.below("a.txt"),
                                         root.below("a0"),
                                         root.below("a.txt").below("x"),
                                         root.below("a"),
                                         root.below("a").below("b"),
                                         root.below("\xff"),
                                         a.below("b").below("b")};
  for (const PathChain& left : chains) {
    for (const PathChain& right : chains) {
      EXPECT_EQ(left.is_before(right), left.text() < right.text())
          << left.text() << " and " << right.text();
    }
  }
}

}  // namespace
}  // namespace snapfs
