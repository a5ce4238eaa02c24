#include "cli/grammar/completion_place.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scoped_variable.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;
using Wanted = CompletionPlace::Wanted;

class CompletionPlaceTest : public ::testing::Test {
 protected:
  CompletionPlaceTest() {
    program_.add("All", {{"-r,--repo", "PLACE", &repository_, ""},
                         {"-P,--profile", "NAME", &text_, ""},
                         {"-q,--quiet", &quiet_, ""}});
    Command ls("ls", "");
    ls.take("SNAPSHOT", &text_, "");
    ls.take_all("DIR", &list_, "");
    ls.add("Which", {{"-H,--host", "HOST", &list_, ""},
                     {"--tag", "TAGS", &list_, ""},
                     {"--path", "PATH", &list_, ""},
                     {"--sort", "ORDER", &text_, ""}});
    Command forget("forget", "");
    forget.take_all("ID", &list_, "");
    Command remove("remove", "");
    remove.take("ID", &text_, "");
    Command key("key", "");
    key.subcommands = {remove};
    Command init("init", "");
    init.take_optional("NAME", &text_, "");
    Command show("show", "");
    show.take_optional("NAME", &text_, "");
    Command profile("profile", "");
    profile.subcommands = {init, show};
    program_.subcommands = {ls, forget, key, profile};
  }

  CompletionPlace place(const std::string& line) { return find_completion_place(program_, line); }
  Wanted wanted(const std::string& line) { return place(line).wanted; }

  Command program_{"prog", ""};
  std::string repository_;
  std::string text_;
  bool quiet_ = false;
  std::vector<std::string> list_;
};

TEST_F(CompletionPlaceTest, ArgumentsByTheirPlace) {
  EXPECT_EQ(wanted("prog ls la"), Wanted::kSnapshot);
  EXPECT_EQ(place("prog ls la").typed, "la");
  EXPECT_EQ(wanted("prog ls latest "), Wanted::kInSnapshot);
  EXPECT_EQ(wanted("prog ls latest /a /b"), Wanted::kInSnapshot);
  EXPECT_THAT(place("prog ls latest /a /b").arguments, ElementsAre("latest", "/a"));
  EXPECT_EQ(wanted("prog forget 1a2b 3c"), Wanted::kSnapshot);
  EXPECT_EQ(wanted("prog key remove 1a"), Wanted::kNothing);
  EXPECT_EQ(wanted("prog l"), Wanted::kNothing);
  EXPECT_EQ(wanted("prog"), Wanted::kNothing);
}

TEST_F(CompletionPlaceTest, ValuesOfOptions) {
  EXPECT_EQ(wanted("prog ls --tag fo"), Wanted::kTag);
  EXPECT_EQ(place("prog ls --tag=fo").typed, "fo");
  EXPECT_EQ(wanted("prog ls --tag=fo"), Wanted::kTag);
  EXPECT_EQ(wanted("prog ls -H "), Wanted::kHost);
  EXPECT_EQ(wanted("prog ls latest --path /h"), Wanted::kPath);
  EXPECT_EQ(wanted("prog ls --sort na"), Wanted::kNothing);
  EXPECT_EQ(wanted("prog ls --ta"), Wanted::kNothing);
  EXPECT_EQ(wanted("prog ls --unknown=x"), Wanted::kNothing);
  EXPECT_EQ(wanted("prog ls --unknown lat"), Wanted::kSnapshot);
  EXPECT_EQ(wanted("prog ls -- -x"), Wanted::kSnapshot);
}

TEST_F(CompletionPlaceTest, NamesOfProfiles) {
  EXPECT_EQ(wanted("prog -P ho"), Wanted::kProfile);
  EXPECT_EQ(wanted("prog ls --profile=ho"), Wanted::kProfile);
  EXPECT_EQ(wanted("prog profile show ho"), Wanted::kProfile);
  EXPECT_EQ(wanted("prog profile init ho"), Wanted::kNothing);
}

TEST_F(CompletionPlaceTest, TellsWhatStandsBefore) {
  const CompletionPlace found = place("prog -P home ls --host web -q lat");
  ASSERT_EQ(found.line.path.size(), 2U);
  EXPECT_EQ(found.line.command().name, "ls");
  ASSERT_EQ(found.line.given.size(), 3U);
  EXPECT_EQ(found.line.given[1].option->name(), "host");
  EXPECT_EQ(found.line.given[1].value, "web");
}

TEST_F(CompletionPlaceTest, OnlyTheProgramsOptionsAreSet) {
  EXPECT_EQ(wanted("prog -r /somewhere ls --host web -q "), Wanted::kSnapshot);
  EXPECT_EQ(repository_, "/somewhere");
  EXPECT_TRUE(quiet_);
  EXPECT_TRUE(list_.empty());
  (void)place("prog ls --repo=else latest ");
  EXPECT_EQ(repository_, "else");
  (void)place("prog -qrthere ls ");
  EXPECT_EQ(repository_, "there");
}

TEST_F(CompletionPlaceTest, WordsAreThoseOfAShell) {
  const test::ScopedVariable home("HOME", "/home/me");
  (void)place(R"(prog -r ~/a\ b ls )");
  EXPECT_EQ(repository_, "/home/me/a b");
  (void)place(R"(prog -r '~/x' ls )");
  EXPECT_EQ(repository_, "~/x");
  EXPECT_EQ(place(R"(prog ls latest "/with bl)").typed, "/with bl");
}

}  // namespace
}  // namespace snapfs
