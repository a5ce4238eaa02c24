// The lists that REST servers answer with.
#include "fs/backend/rest/rest_list.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::numbered_id;

std::string name(std::uint64_t number) { return "\"" + numbered_id(number).hex() + "\""; }

std::vector<FileInfo> sized(const std::string& json) {
  return parse_sized_list(as_bytes(json), "rest:http://h/");
}

std::vector<Id> names(const std::string& json) {
  return parse_name_list(as_bytes(json), "rest:http://h/");
}

TEST(RestList, HasNamesAndSizes) {
  const auto files =
      sized("[{\"name\":" + name(1) + ",\"size\":17},\n{\"size\":0,\"name\":" + name(2) +
            ",\"more\":[{}]}]\n");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].id, numbered_id(1));
  EXPECT_EQ(files[0].size, 17U);
  EXPECT_EQ(files[1].id, numbered_id(2));
  EXPECT_EQ(files[1].size, 0U);
}

TEST(RestList, HasNamesOnlyInVersionOne) {
  EXPECT_EQ(names("[" + name(1) + "," + name(2) + "]"),
            (std::vector<Id>{numbered_id(1), numbered_id(2)}));
}

TEST(RestList, PassesOverWhatIsNoId) {
  std::string upper = numbered_id(0xabcdef).hex();
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_TRUE(
      names("[\"\", \"x\", \"" + upper + "\", \"" + numbered_id(1).hex() + "-temp\"]").empty());
  EXPECT_TRUE(sized("[{\"name\":\"README\",\"size\":1},{\"size\":1},{\"name\":\"x\"}]").empty());
}

TEST(RestList, MayBeNothing) {
  for (const std::string json : {"[]", "null", " [ ] \n"}) {
    EXPECT_TRUE(sized(json).empty());
    EXPECT_TRUE(names(json).empty());
  }
}

TEST(RestList, AnythingElseIsNoServerForRepositories) {
  for (const std::string json : {"", "<html></html>", "{}", "[1", "17", "[{\"name\":1}]"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "rest:http://h/", [&] { sized(json); }))
        << json;
  }
  for (const std::string json : {"", "{}", "[1]", "[\"a\"", "[{}]"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "REST server", [&] { names(json); })) << json;
  }
  for (const std::string size : {"-1", "\"1\"", "1.5", "null", "99999999999999999999"}) {
    const std::string json = "[{\"name\":" + name(1) + ",\"size\":" + size + "}]";
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, [&] { sized(json); })) << json;
  }
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "no size",
                         [&] { sized("[{\"name\":" + name(1) + "}]"); }));
}

}  // namespace
}  // namespace snapfs
