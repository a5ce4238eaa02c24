// The table of options, its own help and the manual agree on the variables.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
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

std::set<std::string> variables_of(const Command& command) {
  std::set<std::string> names;
  for (const Option& option : command.options) {
    for (const std::string& name : option.variables()) names.insert("SNAPFS_" + name);
  }
  for (const Command& below : command.subcommands) names.merge(variables_of(below));
  return names;
}

std::string text_of_the_manual() {
  std::string text;
  for (const auto& page : std::filesystem::directory_iterator(SNAPFS_MANUAL)) {
    std::ifstream file(page.path());
    text.append(std::istreambuf_iterator<char>(file), {});
  }
  return text;
}

TEST_F(Variables, OfTheTableAreInTheManual) {
  const std::string manual = text_of_the_manual();
  const std::set<std::string> names = variables_of(program_);
  EXPECT_GT(names.size(), 20U);
  for (const std::string& name : names) {
    EXPECT_TRUE(std::regex_search(manual, std::regex(name + "\\b"))) << name;
  }
}

TEST_F(Variables, OfTheHelpAreInTheTable) {
  compare(program_);
  EXPECT_GT(compared_, 20);
}

}  // namespace
}  // namespace snapfs
