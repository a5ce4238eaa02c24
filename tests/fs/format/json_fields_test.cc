// Members of small objects, told from each other as Go does.
#include "fs/format/json_fields.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

JsonFields fields_of(std::string_view json) { return {as_bytes(json), "the thing"}; }

TEST(JsonFields, FindsMembersAsGoDoes) {
  const JsonFields fields = fields_of(R"({"A":"first","a":"last","b":null,"N":3,"deep":[[{}]]})");
  EXPECT_EQ(fields.text("a"), "last");
  EXPECT_EQ(fields.text_or("b", "none"), "none");
  EXPECT_EQ(fields.number("n"), 3U);
  EXPECT_EQ(fields.number_or("m", 7), 7U);
  EXPECT_TRUE(fields.flag_or("x", true));
}

TEST(JsonFields, GivesTheOthersAsTheyStand) {
  const JsonFields fields = fields_of(
      R"({"a":1,"B":2,"x":{"y":[1,-2,3.5,null,true,"q\"\u00e9"]},"big":18446744073709551615,"n":null})");
  EXPECT_EQ(fields.others({"a", "b"}),
            R"("x":{"y":[1,-2,3.5,null,true,"q\"é"]},"big":18446744073709551615,"n":null)");
  EXPECT_EQ(fields.others({"a", "b", "x", "big", "n"}), "");
}

TEST(JsonFields, AnObjectInAnObjectKeepsTheDocument) {
  EXPECT_EQ(fields_of(R"({"outer":{"inner":"value"}})").object("outer").text("inner"), "value");
}

TEST(JsonFields, TextThatIsNotUtf8IsReplacedAsInEveryDocument) {
  EXPECT_EQ(fields_of("{\"host\":\"a\xff\"}").text("host"), "a\xef\xbf\xbd");
  EXPECT_EQ(fields_of(R"({"host":"\ud800"})").text("host"), "\xef\xbf\xbd");
}

TEST(JsonFields, NamesWhatIsDamaged) {
  const auto fails = [](std::string_view json, std::string_view message, const auto& read) {
    return fails_with(ErrorCode::kDamaged, message, [&] { read(fields_of(json)); });
  };
  EXPECT_TRUE(fails("", "the thing is damaged: it is empty", [](const JsonFields&) {}));
  EXPECT_TRUE(fails("[]", "not a JSON object", [](const JsonFields&) {}));
  EXPECT_TRUE(fails("{} {}", "the thing is damaged", [](const JsonFields&) {}));
  EXPECT_TRUE(fails("\xef\xbb\xbf{}", "the thing is damaged", [](const JsonFields&) {}));
  EXPECT_TRUE(fails(R"({"a":1})", "'a'", [](const JsonFields& f) { (void)f.text("a"); }));
  EXPECT_TRUE(fails(R"({"a":-1})", "'a'", [](const JsonFields& f) { (void)f.number_or("a", 0); }));
  EXPECT_TRUE(fails(R"({"a":"x"})", "'a'", [](const JsonFields& f) { (void)f.object("a"); }));
  EXPECT_TRUE(fails(R"({"a":"!"})", "'a'", [](const JsonFields& f) { (void)f.base64("a"); }));
  EXPECT_TRUE(fails(R"({"a":1})", "'a'", [](const JsonFields& f) { (void)f.flag_or("a", true); }));
}

}  // namespace
}  // namespace snapfs
