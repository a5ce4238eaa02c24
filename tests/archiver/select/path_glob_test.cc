// Lines of --files-from as paths that exist.
#include "archiver/select/path_glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/memory_source.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PathGlob : public ::testing::Test {
 protected:
  PathGlob() : source_("/home/me") {
    for (const char* path : {"/home/me/a/x", "/home/me/b/x", "/home/me/b/y", "/home/me/.h",
                             "/home/me/a*b", "/home/me/]", "/etc/x"}) {
      source_.add_file(path, "");
    }
    source_.add_symlink("/home/me/dangling", "nowhere");
  }

  std::vector<std::string> expand(const std::string& pattern) {
    return expand_glob(source_, pattern, "--files-from list");
  }

  MemorySource source_;
};

TEST_F(PathGlob, ExpandsEachComponent) {
  EXPECT_THAT(expand("*"), ElementsAre(".h", "]", "a", "a*b", "b", "dangling"));
  EXPECT_THAT(expand("*/x"), ElementsAre("a/x", "b/x"));
  EXPECT_THAT(expand("b/?"), ElementsAre("b/x", "b/y"));
  EXPECT_THAT(expand("/e*/x"), ElementsAre("/etc/x"));
  EXPECT_THAT(expand("/[e]tc"), ElementsAre("/etc"));
  EXPECT_THAT(expand("../me/[ab]/x"), ElementsAre("../me/a/x", "../me/b/x"));
  EXPECT_THAT(expand("./b/*"), ElementsAre("b/x", "b/y"));
}

TEST_F(PathGlob, WithoutSpecialCharactersItIsThePathItself) {
  EXPECT_THAT(expand("a"), ElementsAre("a"));
  EXPECT_THAT(expand("./a/"), ElementsAre("./a/"));
  EXPECT_THAT(expand("]"), ElementsAre("]"));
  EXPECT_THAT(expand("dangling"), ElementsAre("dangling"));
  EXPECT_THAT(expand("none"), IsEmpty());
}

TEST_F(PathGlob, ABackslashTakesTheMeaningAway) {
  EXPECT_THAT(expand("a\\*b"), ElementsAre("a*b"));
  EXPECT_THAT(expand("a*b"), ElementsAre("a*b"));
}

TEST_F(PathGlob, FindsNothingWhereNothingIs) {
  EXPECT_THAT(expand("*/z"), IsEmpty());
  EXPECT_THAT(expand("none/*"), IsEmpty());
  EXPECT_THAT(expand("a*/"), IsEmpty());
}

TEST_F(PathGlob, RefusesMalformedPatterns) {
  for (const char* pattern : {"[a", "a/[", "[a/b]", "x\\", "x/\\/y"}) {
    EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, "--files-from list", [&] { expand(pattern); }))
        << pattern;
  }
}

}  // namespace
}  // namespace snapfs
