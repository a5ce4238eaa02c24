// How a table looks to people.
#include "cli/grammar/help.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Help : public ::testing::Test {
 protected:
  Help() {
    program_.add("Output", {"--json", &flag_, "Print JSON"});
    Command take("take", "Take it");
    take.take("WHAT", &text_, "What to take").take_all("MORE", &list_, "And what else");
    take.add("How", {{"-H,--host,--machine", "HOST", &text_,
                      std::string(30, 'a') + " " + std::string(50, 'b') + " end"},
                     Option("--secret", &flag_, "").hidden()});
    take.add("Output", {"--long", &flag_, "More"});
    take.footer = "\nThat is all.";
    Command old("old", "Old");
    old.deprecated = "use take";
    program_.subcommands = {take, old};
  }

  Command program_{"prog", "Does things"};
  bool flag_ = false;
  std::string text_;
  std::vector<std::string> list_;
};

TEST_F(Help, OfACommand) {
  const std::string text = help_text({&program_, program_.find("take")});
  EXPECT_THAT(text, HasSubstr("Take it\nUsage: prog take [OPTIONS] WHAT [MORE...]\n"));
  EXPECT_THAT(text, HasSubstr("\n  MORE ...                        And what else\n"));
  EXPECT_THAT(text, HasSubstr("\nHow:\n  -H,--host,--machine HOST        aaa"));
  EXPECT_THAT(text, HasSubstr("a\n                                  bbb"));  // broken at a blank
  EXPECT_THAT(text, HasSubstr("b end\n"));
  EXPECT_THAT(text, HasSubstr("\nOutput:\n  --json                          Print JSON\n  --long"));
  EXPECT_THAT(text, HasSubstr("\nThat is all.\n"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST_F(Help, WhatCountsWhenNothingIsGiven) {
  std::string text = "5m";
  std::uint32_t days = 30;
  std::uint32_t none = 0;
  Command command("take", "Take it");
  command.add("How", {{"--often", "DURATION", &text, "How often"},
                      {"--max-age", "DAYS", &days, "How old"},
                      {"--most", "N", &none, "How many"},
                      {"--flag", &flag_, "Whether"},
                      Option("--name", "NAME", &text_, "Who").otherwise("nobody")});
  const std::string help = help_text({&program_, &command});
  EXPECT_THAT(help, HasSubstr("How often (default: 5m)\n"));
  EXPECT_THAT(help, HasSubstr("How old (default: 30)\n"));
  EXPECT_THAT(help, HasSubstr("How many\n"));
  EXPECT_THAT(help, HasSubstr("Whether\n"));
  EXPECT_THAT(help, HasSubstr("Who (default: nobody)\n"));
}

TEST_F(Help, OfTheProgram) {
  const std::string text = help_text({&program_});
  EXPECT_THAT(text, HasSubstr("Usage: prog [OPTIONS] SUBCOMMAND\n"));
  EXPECT_THAT(text, HasSubstr("\nSubcommands:\n  take                            Take it\n"));
  EXPECT_THAT(text, Not(HasSubstr("old")));
}

}  // namespace
}  // namespace snapfs
