#include "fs/base/id_prefix.h"

#include <string>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

const std::string kDigits = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

TEST(IdPrefixTest, MatchesTheIdsThatBeginWithIt) {
  const Id id = Id::parse(kDigits).value();
  for (std::size_t size = 1; size <= kDigits.size(); ++size) {
    std::string text = kDigits.substr(0, size);
    EXPECT_TRUE(IdPrefix::parse(text)->matches(id)) << text;
    text.back() = text.back() == '7' ? '8' : '7';
    EXPECT_FALSE(IdPrefix::parse(text)->matches(id)) << text;
  }
}

TEST(IdPrefixTest, TakesLettersOfEitherCase) {
  EXPECT_TRUE(IdPrefix::parse("0123456789ABc")->matches(Id::parse(kDigits).value()));
}

TEST(IdPrefixTest, KnowsAWholeId) {
  EXPECT_TRUE(IdPrefix::parse(kDigits)->is_whole());
  EXPECT_EQ(IdPrefix::parse(kDigits)->id(), Id::parse(kDigits));
  EXPECT_FALSE(IdPrefix::parse(kDigits.substr(1))->is_whole());
}

TEST(IdPrefixTest, RefusesWhatIsNone) {
  for (const std::string& text :
       {std::string(), std::string("12g4"), std::string(" 1"), kDigits + "0"}) {
    EXPECT_FALSE(IdPrefix::parse(text)) << text;
  }
}

}  // namespace
}  // namespace snapfs
