// One component, as Go's filepath.Match has it.
#include "fs/pattern/glob.h"

#include <gtest/gtest.h>

namespace snapfs {
namespace {

TEST(Glob, MatchesAsGoDoes) {
  const struct {
    const char* pattern;
    const char* name;
    bool matches;
  } cases[] = {
      {"abc", "abc", true},
      {"abc", "abcd", false},
      {"", "", true},
      {"*", "", true},
      {"*", ".hidden", true},
      {"*c", "abc", true},
      {"a*", "a", true},
      {"a*b*c", "axbxbxc", true},
      {"a*b*c", "axbxbx", false},
      {"*.o", "x.o.o", true},
      {"**", "abc", true},
      {"a**c", "abbc", true},
      {"?", "a", true},
      {"?", "", false},
      {"?", "ä", true},
      {"??", "ä", false},
      {"?", "\xff", true},
      {"??", "\xff\xfe", true},
      {"[a-z]", "m", true},
      {"[a-z]", "M", false},
      {"[^x]", "y", true},
      {"[^x]", "x", false},
      {"[^x]", "", false},
      {"[!x]", "y", false},
      {"[!x]", "!", true},
      {"[a^]", "^", true},
      {"[[]", "[", true},
      {"[*]", "*", true},
      {"[*]", "a", false},
      {"[\\]]", "]", true},
      {"[\\-]", "-", true},
      {"[a\\-z]", "m", false},
      {"[z-a]", "m", false},
      {"[ä-ü]", "ö", true},
      {"[\xef\xbf\xbd]", "\xff", true},
      {"a]", "a]", true},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"\\\\", "\\", true},
      {"\\a", "a", true},
      {"a\\?b", "a?b", true},
      {"a[bc]d", "acd", true},
      // Between stars the first place counts, byte by byte, even inside a character.
      {"*?*ä", "xä", true},
      {"*\xa4", "ä", true},
  };
  for (const auto& [pattern, name, matches] : cases) {
    const auto glob = Glob::parse(pattern);
    ASSERT_TRUE(glob) << pattern;
    EXPECT_EQ(glob->matches(name), matches) << pattern << " and " << name;
  }
}

TEST(Glob, RefusesMalformedPatterns) {
  for (const char* pattern : {"[", "[a", "[]", "[]a]", "[^]", "[^]a]", "[-a]", "[a-]", "[a-",
                              "[a-b-c]", "a\\", "[\\", "[a\\", "*[", "[\xff]", "x[a", "[a-\\"}) {
    EXPECT_FALSE(Glob::parse(pattern)) << pattern;
  }
}

TEST(Glob, KnowsWhatIsPlain) {
  EXPECT_TRUE(Glob::is_plain("plain ^!{}$"));
  for (const char* text : {"*", "a?", "[", "]", "\\"}) EXPECT_FALSE(Glob::is_plain(text)) << text;
}

}  // namespace
}  // namespace snapfs
