// Which lists --include, --exclude and their forms come to.
#include "cli/option/include_exclude_options.h"

#include <iterator>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "cli/grammar/parser.h"
#include "tests/support/fails_with.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::fails_with;

/// What the command line, its arguments separated by blanks, comes to.
IncludeExcludeOptions parsed(const std::string& line) {
  Command command("test", "");
  command.run = [](Signals&) { return ExitCode{}; };
  IncludeExcludeOptions options;
  add_include_options(command, options.includes, "", "");
  add_exclude_options(command, options.excludes, "", "");
  std::istringstream words(line);
  parse_line(command, {std::istream_iterator<std::string>(words), {}});
  return options;
}

TEST(IncludeExcludeOptions, EveryFormCounts) {
  test::TemporaryDirectory scratch;
  scratch.write("exact", "*.c\n# comment\n");
  scratch.write("caseless", "*.D\n");
  const std::string exact = scratch / "exact";
  const std::string caseless = scratch / "caseless";
  const IncludeExcludeLists includes =
      parsed("-i *.a --iinclude *.B --include-file " + exact + " --iinclude-file " + caseless)
          .read();
  const IncludeExcludeLists excludes =
      parsed("-e *.a --iexclude *.B --exclude-file " + exact + " --iexclude-file " + caseless)
          .read();
  for (const char* path : {"/x.a", "/x.b", "/x.c", "/x.d"}) {
    EXPECT_TRUE(includes.included(path).item) << path;
    EXPECT_TRUE(excludes.excluded(path)) << path;
  }
  for (const char* path : {"/x.A", "/x.C", "/x"}) {
    EXPECT_FALSE(includes.included(path).item) << path;
    EXPECT_FALSE(excludes.excluded(path)) << path;
  }
  EXPECT_TRUE(includes.excludes.empty());
  EXPECT_TRUE(excludes.includes.empty());
}

TEST(IncludeExcludeOptions, OneKindOnly) {
  EXPECT_TRUE(
      fails_with(ErrorCode::kUsage, "combined", [] { parsed("-i a --iexclude b").read(); }));
}

TEST(IncludeExcludeOptions, FilesWithoutPatternsAreNoWish) {
  test::TemporaryDirectory scratch;
  scratch.write("empty", "# nothing\n");
  const std::string empty = scratch / "empty";
  const IncludeExcludeOptions options = parsed("--include-file " + empty + " -e a");
  EXPECT_TRUE(options.includes.given());
  EXPECT_TRUE(options.read().includes.empty());
  EXPECT_TRUE(options.read().excluded("/a"));
  EXPECT_FALSE(parsed("").given());
}

TEST(IncludeExcludeOptions, AnEmptyPatternMatchesNothing) {
  IncludeExcludeOptions options;
  options.includes.patterns = {""};
  EXPECT_EQ(options.read().includes.size(), 1U);
  EXPECT_FALSE(options.read().included("/a").item);
  EXPECT_FALSE(options.read().included("/a").below);
  options.includes.caseless_patterns = {"A"};
  EXPECT_TRUE(options.read().included("/a").item);
  options.excludes.caseless_patterns = {""};
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "combined", [&] { options.read(); }));
  options.includes = {};
  EXPECT_FALSE(options.read().excluded("/a"));
}

TEST(IncludeExcludeOptions, PatternsLeadTheWay) {
  const IncludeExcludeLists lists = parsed("-i /a/b --iinclude /a/C").read();
  EXPECT_FALSE(lists.included("/a").item);
  EXPECT_TRUE(lists.included("/a").below);
  EXPECT_TRUE(lists.included("/a/c").item);
  EXPECT_FALSE(lists.included("/d").below);
}

}  // namespace
}  // namespace snapfs
