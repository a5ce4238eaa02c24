// The table of options and its own help agree on the variables.
#include <regex>
#include <string>

#include <gmock/gmock.h>

#include "tests/cli/profile/profile_bench.h"

namespace snapfs {
namespace {

class Variables : public test::ProfileBench {
 protected:
  void compare(const Command& command) {
    const std::regex name("SNAPFS_([A-Z_]+)");
    for (const Option& option : command.options) {
      std::smatch match;
      const std::string& text = option.text();
      if (std::regex_search(text, match, name)) {
        EXPECT_THAT(option.variables(), ::testing::Contains(match[1].str())) << option.title();
        ++compared_;
      }
    }
    for (const Command& below : command.subcommands) compare(below);
  }

  int compared_ = 0;
};

TEST_F(Variables, OfTheHelpAreInTheTable) {
  compare(program_);
  EXPECT_GT(compared_, 20);
}

}  // namespace
}  // namespace snapfs
