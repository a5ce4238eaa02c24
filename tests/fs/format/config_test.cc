// The config's text and what must be refused in it.
#include "fs/format/config.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/real_repository.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::kRealConfigJson;

std::string with(std::string_view old, std::string_view replacement) {
  std::string json(kRealConfigJson);
  return json.replace(json.find(old), old.size(), replacement);
}

TEST(Config, IsReadAndWrittenAsTheReferenceProgramDoes) {
  const Config config = parse_config(as_bytes(kRealConfigJson));
  EXPECT_EQ(config.version, 2U);
  EXPECT_EQ(config.id.short_hex(), "c147214f");
  EXPECT_EQ(config.chunker_polynomial.bits(), 0x2fd233e2511bfdU);
  EXPECT_EQ(encode_config(config), kRealConfigJson);
}

TEST(Config, KeepsTheFieldsOfOtherPrograms) {
  const std::string json = with(
      "}", R"(,"append_only":false,"compression":-3,"treepack_size":4194304,"chunker":{"a":[1]}})");
  const Config config = parse_config(as_bytes(json));
  EXPECT_EQ(encode_config(config), json);
  EXPECT_FALSE(config.append_only);
  Config upgraded = config;
  upgraded.version = 1;
  EXPECT_EQ(encode_config(upgraded), "{\"version\":1" + json.substr(12));
}

TEST(Config, SaysWhetherAnythingMayBeRemoved) {
  EXPECT_FALSE(parse_config(as_bytes(kRealConfigJson)).append_only);
  EXPECT_TRUE(parse_config(as_bytes(with("}", R"(,"append_only":true})"))).append_only);
  EXPECT_FALSE(parse_config(as_bytes(with("}", R"(,"append_only":null})"))).append_only);
  // What is meant is not guessed.
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "append_only",
                         [&] { parse_config(as_bytes(with("}", R"(,"append_only":1})"))); }));
}

TEST(Config, RefusesTheHotPartOfARepositoryInTwo) {
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "cold part",
                         [&] { parse_config(as_bytes(with("}", R"(,"is_hot":true})"))); }));
  EXPECT_NO_THROW(parse_config(as_bytes(with("}", R"(,"is_hot":false})"))));
}

TEST(Config, IsMadeAnewEachTime) {
  const Config first = Config::create(1);
  const Config second = Config::create(2);
  EXPECT_NE(first.id, second.id);
  EXPECT_NE(first.chunker_polynomial, second.chunker_polynomial);
  EXPECT_EQ(first.chunker_polynomial.degree(), Polynomial::kChunkerDegree);
  EXPECT_EQ(parse_config(as_bytes(encode_config(first))).version, 1U);
}

TEST(Config, RefusesOtherVersions) {
  for (const std::string version : {"0", "3", "18446744073709551615"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "version " + version, [&] {
      parse_config(as_bytes(with("\"version\":2", "\"version\":" + version)));
    }));
  }
}

TEST(Config, RefusesPolynomialsThatAreReducible) {
  // x^53 + x; an even one; zero; one of too high a degree; none at all.
  for (const std::string_view hex : {"20000000000002", "2fd233e2511bfc", "0", "", "xyz",
                                     "12fd233e2511bfd", "3DA3358B4DC175", "-3"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "polynomial", [&] {
      parse_config(as_bytes(with("2fd233e2511bfd", hex)));
    })) << hex;
  }
}

TEST(Config, RefusesEveryTruncationAndWhatIsNoConfig) {
  for (std::size_t size = 0; size < kRealConfigJson.size(); ++size) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "config", [&] {
      parse_config(as_bytes(kRealConfigJson.substr(0, size)));
    })) << size;
  }
  for (const std::string& json :
       {with("\"id\"", "\"ix\""), with("c147", "c14"), with(":2,", ":\"2\","), with(":2,", ":-2,"),
        std::string("[]"), std::string("null"), std::string("{}"), std::string("\xff")}) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { parse_config(as_bytes(json)); })) << json;
  }
}

}  // namespace
}  // namespace snapfs
