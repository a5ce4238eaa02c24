// Single members of a node's text changed.
#include "fs/tree/node_edit.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/whole_text.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::numbered_id;
using test::whole;

const std::string kOne = numbered_id(1).hex();
const std::string kTwo = numbered_id(2).hex();

TEST(NodeEdit, ReplacesTheSubtreeAndNothingElse) {
  const std::string before =
      R"({"name":"\"subtree\":\"x\"","new":[1.50, {"subtree":"y"}],"subtree":")" + kOne +
      R"(" , "mtime":"2026-01-01T00:00:00+01:00"})";
  std::string after = before;
  after.replace(after.find(kOne), kOne.size(), kTwo);
  EXPECT_EQ(with_subtree(before, numbered_id(2)), after);
  EXPECT_EQ(with_subtree(R"({"subtree":null})", numbered_id(1)), R"({"subtree":")" + kOne + "\"}");
}

TEST(NodeEdit, ReplacesContentAndSize) {
  const std::string before =
      R"({"name":"a","size":77,"links":1,"content":[")" + kOne + "\",\"" + kTwo + R"("],"x":1})";
  const std::vector<Id> rest = {numbered_id(2)};
  EXPECT_EQ(whole(with_content(before, rest, 5)),
            R"({"name":"a","size":5,"links":1,"content":[")" + kTwo + R"("],"x":1})");
  EXPECT_EQ(whole(with_content(before, {}, 0)), R"({"name":"a","links":1,"content":[],"x":1})");
}

TEST(NodeEdit, AddsASizeWhereNoneWas) {
  const std::vector<Id> one = {numbered_id(1)};
  EXPECT_EQ(whole(with_content(R"({"name":"a","content":null})", one, 5)),
            R"({"name":"a","size":5,"content":[")" + kOne + "\"]}");
  EXPECT_EQ(whole(with_content(R"({"name":"a","content":null})", {}, 0)),
            R"({"name":"a","content":[]})");
}

TEST(NodeEdit, LeavesOutASizeOfZero) {
  EXPECT_EQ(whole(with_content(R"({"content":null,"size":7})", {}, 0)), R"({"content":[]})");
  EXPECT_EQ(whole(with_content(R"({"size":7 , "content":null})", {}, 0)), R"({ "content":[]})");
  EXPECT_EQ(whole(with_content(R"({"content":[] , "size":7})", {}, 0)), R"({"content":[] })");
}

TEST(NodeEdit, OfSeveralMembersTheLastOneCounts) {
  EXPECT_EQ(with_subtree(R"({"subtree":"x","subtree":"y"})", numbered_id(1)),
            R"({"subtree":"x","subtree":")" + kOne + "\"}");
}

TEST(NodeEdit, PassesOverNamesWithHalfASurrogatePair) {
  EXPECT_EQ(with_subtree(R"({"\ud800":"\udc00","subtree":"x","a\udfff":1})", numbered_id(1)),
            R"({"\ud800":"\udc00","subtree":")" + kOne + R"(","a\udfff":1})");
}

TEST(NodeEdit, RefusesWhatHasNothingToReplace) {
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [] { with_subtree("{}", numbered_id(1)); }));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [] { with_content("{}", {}, 0); }));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [] { with_content("{\"content\":[", {}, 0); }));
}

}  // namespace
}  // namespace snapfs
