#include "cli/output/json_text.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(JsonTextTest, PutsEachMemberOnALine) {
  EXPECT_EQ(indented_json(R"({"a":1,"b":["x",{"c":null}]})"),
            "{\n  \"a\": 1,\n  \"b\": [\n    \"x\",\n    {\n      \"c\": null\n    }\n  ]\n}");
}

TEST(JsonTextTest, LeavesStringsAndWhatIsEmptyAlone) {
  EXPECT_EQ(indented_json(R"({"a{,:":"\"}]\\","b":[],"c":{}})"),
            "{\n  \"a{,:\": \"\\\"}]\\\\\",\n  \"b\": [],\n  \"c\": {}\n}");
}

}  // namespace
}  // namespace snapfs
