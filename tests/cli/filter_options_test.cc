// What --tag and --path stand for.
#include "cli/filter_options.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/path.h"

namespace snapfs {
namespace {

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

}  // namespace
}  // namespace snapfs
