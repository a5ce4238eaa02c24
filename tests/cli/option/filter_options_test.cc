// What --tag and --path stand for.
#include "cli/option/filter_options.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/grammar/parser.h"
#include "fs/base/path.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using ::testing::ElementsAre;

TEST(SplitTags, SplitsAtCommasAndTrims) {
  EXPECT_THAT(split_tags("a, b ,c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_tags(""), ElementsAre(""));
  EXPECT_THAT(split_tags("a,"), ElementsAre("a", ""));
}

TEST(FilterOptions, TagsOfOneOptionBelongTogether) {
  FilterOptions options;
  options.tags = {"a,b", "c"};
  EXPECT_THAT(options.filter().tags, ElementsAre(ElementsAre("a", "b"), ElementsAre("c")));
}

TEST(FilterOptions, PathsBecomeAbsoluteAndClean) {
  FilterOptions options;
  options.paths = {"/a/../b//c/", "x", "/", "."};
  const std::string here = current_directory();
  EXPECT_THAT(options.filter().paths, ElementsAre("/b/c", here + "/x", "/", here));
}

TEST(FilterOptions, AnEmptyPathIsNotTheCurrentDirectory) {
  Command command("test", "");
  command.run = [](Signals&) { return ExitCode{}; };
  FilterOptions options;
  add_filter_options(command, options);
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "no path", [&] {
    parse_line(command, {"--path", ""});
  }));
  parse_line(command, {"--path", "."});
  EXPECT_THAT(options.filter().paths, ElementsAre(current_directory()));
}

}  // namespace
}  // namespace snapfs
