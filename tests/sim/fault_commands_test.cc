// That faults are tried with every command of the program, or that it is said why not.
#include "tests/sim/fault_commands.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command/commands.h"
#include "cli/option/global_options.h"

namespace snapfs::sim {
namespace {

/// "key add" and all others that can be run.
void add_names(const Command& command, const std::string& before, std::vector<std::string>& names) {
  for (const Command& one : command.subcommands) {
    const std::string name = before + one.name;
    if (one.subcommands.empty()) names.push_back(name);
    add_names(one, name + " ", names);
  }
}

std::vector<std::string> names_of_the_program() {
  GlobalOptions options;
  std::vector<std::string> names;
  add_names(program_command(options), "", names);
  return names;
}

bool is_tried(const std::string& name) {
  return std::ranges::any_of(fault_commands(), [&](const std::string& line) {
    return line == name || line.starts_with(name + " ");
  });
}

bool is_excused(const std::string& name) {
  return std::ranges::any_of(untried_commands(),
                             [&](const UntriedCommand& one) { return one.name == name; });
}

TEST(FaultCommandsTest, EachIsTriedOrExcused) {
  const std::vector<std::string> names = names_of_the_program();
  EXPECT_GT(names.size(), 40U);
  for (const std::string& name : names) {
    EXPECT_NE(is_tried(name), is_excused(name)) << name << " has to be in one of the two lists";
  }
  for (const UntriedCommand& one : untried_commands()) {
    EXPECT_THAT(names, ::testing::Contains(one.name));
    EXPECT_NE(one.reason, "") << one.name;
  }
}

TEST(FaultCommandsTest, WordsInBracesAreFilledIn) {
  EXPECT_THAT(fill_in("dump {one} --to {two}/x", {{"one", "1"}, {"two", "2"}}),
              ::testing::ElementsAre("dump", "1", "--to", "2/x"));
}

}  // namespace
}  // namespace snapfs::sim
