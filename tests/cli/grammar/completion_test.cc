// Scripts for shells; bash tries its own.
#include "cli/grammar/completion.h"

#include <cstdio>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapfs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Completion : public ::testing::Test {
 protected:
  Completion() {
    program_.add("All", {{"-r,--repo", "PLACE", &text_, "Where it's kept"},
                         Option("--secret", &flag_, "").hidden()});
    Command key("key", "Keys");
    key.aliases = {"keys"};
    Command add("add", "Add one");
    add.add("New", {"--user", "NAME", &text_, "Whose"});
    key.subcommands = {add};
    Command old("old", "");
    old.deprecated = "use key";
    program_.subcommands = {key, old};
  }

  /// What bash proposes for the words, of which the last is being typed.
  std::string complete(const std::string& words) {
    const std::string script = bash_completion(program_) + "COMP_WORDS=(" + words +
                               ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_prog\n"
                               "echo \"${COMPREPLY[*]}\"\n";
    const std::string command = "bash <<'END_OF_SCRIPT'\n" + script + "END_OF_SCRIPT\n";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    std::string output;
    for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) {
      output += static_cast<char>(c);
    }
    return output;
  }

  Command program_{"prog", ""};
  std::string text_;
  bool flag_ = false;
};

TEST_F(Completion, BashKnowsWhereItIs) {
  EXPECT_EQ(complete("prog k"), "key keys\n");
  EXPECT_EQ(complete("prog --"), "--repo --help\n");
  EXPECT_EQ(complete("prog -r x key a"), "add\n");
  EXPECT_EQ(complete("prog keys --repo key add --u"), "--user\n");
  EXPECT_EQ(complete("prog key add --user x"), "\n");  // a value: left to bash
  EXPECT_EQ(complete("prog o"), "\n");
}

TEST_F(Completion, FishAndZsh) {
  const std::string fish = fish_completion(program_);
  EXPECT_THAT(fish, HasSubstr("-s r -l repo -r -d 'Where it'\\''s kept'\n"));
  EXPECT_THAT(fish, HasSubstr("-n '__fish_prog_is_at \"\"' -a keys -d 'Keys'\n"));
  EXPECT_THAT(fish, HasSubstr("-n '__fish_prog_is_at \"/key\"' -a add"));
  EXPECT_THAT(fish, Not(HasSubstr("secret")));
  EXPECT_THAT(zsh_completion(program_), HasSubstr("bashcompinit"));
}

}  // namespace
}  // namespace snapfs
