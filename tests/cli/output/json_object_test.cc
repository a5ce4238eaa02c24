// The shape of --json lines.
#include "cli/output/json_object.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(JsonObject, KeepsOrderAndEscapes) {
  JsonObject object;
  object.text("message_type", "a\"b").number("n", 18446744073709551615U).real("r", 0.5);
  object.texts("list", {"x", "y"}).raw("inner", "{}");
  EXPECT_EQ(
      object.finish(),
      R"({"message_type":"a\"b","n":18446744073709551615,"r":0.5,"list":["x","y"],"inner":{}})");
  EXPECT_EQ(object.finish(), "{}");
}

TEST(JsonObject, TakesMembersAsTheyAre) {
  JsonObject object;
  object.members(R"("a":1,"b":2)").text("id", "x");
  EXPECT_EQ(object.finish(), R"({"a":1,"b":2,"id":"x"})");
}

}  // namespace
}  // namespace snapfs
