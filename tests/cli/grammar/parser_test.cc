// Lines, and what they come to.
#include "cli/grammar/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/grammar/word_choice.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Line = std::vector<std::string>;

ExitCode nothing(Signals& /*signals*/) { return ExitCode{}; }

/// A program with an option of every kind, a command with arguments and one of subcommands.
class Parser : public ::testing::Test {
 protected:
  Parser() {
    program_.add("Shared", {{"-r,--repo", "LOCATION", &repo_, ""},
                            {"-q,--quiet", &quiet_, ""},
                            {"-v,--verbose", Binding::count(&verbosity_), ""},
                            {"--json", &json_, ""}});
    Command take("take", "");
    take.aliases = {"grab"};
    take.run = nothing;
    take.take_all("PATH", &paths_, "");
    take.add("Own", {{"-H,--host", "HOST", &host_, ""},
                     {"-e,--exclude", "PATTERN", &patterns_, ""},
                     {"-n,--dry-run", &dry_run_, ""},
                     {"--latest", "N", &latest_, ""},
                     {"--mode", "MODE", one_of({"fast", "slow"}, &mode_), ""},
                     Option("--old", "X", &host_, "").deprecated("use --host")});
    Command show("show", "");
    show.run = nothing;
    show.take("SNAPSHOT", &repo_, "").take_optional("DIR", &host_, "");
    Command key("key", "");
    Command add("add", "");
    add.run = nothing;
    add.add("New", {"--user", "NAME", &host_, ""});
    key.subcommands = {add};
    Command old("rebuild", "");
    old.run = nothing;
    old.deprecated = "use \"repair\"";
    program_.subcommands = {take, show, key, old};
  }

  ParsedLine parse(const Line& line) { return parse_line(program_, line); }

  std::string refusal(const Line& line) {
    try {
      parse(line);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return error.what();
    }
    return "it was taken";
  }

  Command program_{"prog", ""};
  std::string repo_ = "-";
  std::string host_ = "-";
  std::string mode_ = "-";
  bool quiet_ = false;
  bool json_ = false;
  bool dry_run_ = false;
  int verbosity_ = 0;
  std::int64_t latest_ = 0;
  std::vector<std::string> patterns_;
  std::vector<std::string> paths_;
};

TEST_F(Parser, EveryFormOfAValue) {
  const struct {
    Line line;
    std::string host;
    Line paths;
  } cases[] = {{{"--host=a", "p"}, "a", {"p"}},
               {{"--host", "a", "p"}, "a", {"p"}},
               {{"-Ha", "p"}, "a", {"p"}},
               {{"-H", "a", "p"}, "a", {"p"}},
               {{"-H=a", "p"}, "a", {"p"}},
               {{"-H==a", "p"}, "=a", {"p"}},
               {{"-H=", "p"}, "=", {"p"}},  // pflag's: one character behind the letter is the value
               {{"-H", "", "p"}, "", {"p"}},
               {{"--host=", "p"}, "", {"p"}},
               {{"--host", "", "p"}, "", {"p"}},
               {{"--host=a=b", "p"}, "a=b", {"p"}},
               {{"--host", "--json", "p"}, "--json", {"p"}},
               {{"--host", "-5", "p"}, "-5", {"p"}},
               {{"--host", "--", "p"}, "--", {"p"}},
               {{"-nH", "a", "p"}, "a", {"p"}},
               {{"-nHa", "p"}, "a", {"p"}},
               {{"-qnH=a", "p"}, "a", {"p"}},
               {{"p", "--host=a", "--host=b"}, "b", {"p"}},
               {{"--host=[x,y]"}, "[x,y]", {}},
               {{"--", "--host=a", "p"}, "-", {"--host=a", "p"}},
               {{"p", "--", "-H", "a", "--"}, "-", {"p", "-H", "a", "--"}},
               {{"-", "p"}, "-", {"-", "p"}},
               {{"", "p"}, "-", {"", "p"}},
               {{"[Photos]", "[a,b]", "a,b"}, "-", {"[Photos]", "[a,b]", "a,b"}},
               {{"z", "a", "m", "a"}, "-", {"z", "a", "m", "a"}}};
  for (const auto& [line, host, paths] : cases) {
    host_ = "-";
    paths_.clear();
    Line whole = line;
    whole.insert(whole.begin(), "take");
    parse(whole);
    EXPECT_EQ(host_, host) << ::testing::PrintToString(line);
    EXPECT_EQ(paths_, paths) << ::testing::PrintToString(line);
  }
}

TEST_F(Parser, ListsTakeOneValueEachAndLeaveItAsItIs) {
  parse({"take", "-e", "a,b", "p", "--exclude=", "-e=*.log", "--exclude", "[x]", "-e", "", "q"});
  EXPECT_THAT(patterns_, ElementsAre("a,b", "", "*.log", "[x]", ""));
  EXPECT_THAT(paths_, ElementsAre("p", "q"));
}

TEST_F(Parser, SwitchesAndCountersTakeNoArgument) {
  parse({"take", "-q", "true", "-v", "2", "-vv", "--dry-run", "p"});
  EXPECT_TRUE(quiet_);
  EXPECT_TRUE(dry_run_);
  EXPECT_EQ(verbosity_, 3);
  EXPECT_THAT(paths_, ElementsAre("true", "2", "p"));
  parse({"take", "-q=false", "--dry-run=0", "-v=1", "--json=T"});
  EXPECT_FALSE(quiet_);
  EXPECT_FALSE(dry_run_);
  EXPECT_TRUE(json_);
  EXPECT_EQ(verbosity_, 1);
  parse({"take", "--verbose=0x10", "-v"});
  EXPECT_EQ(verbosity_, 17);
  for (const char* word :
       {"-q=", "-v=", "-q=yes", "--json=", "--json=maybe", "-v=x", "--verbose="}) {
    EXPECT_NE(refusal({"take", word}), "it was taken") << word;
  }
}

TEST_F(Parser, NumbersAndWordsAreLookedAtWhereTheyStand) {
  parse({"take", "--latest", "-1", "--mode=slow", "--latest=0x2"});
  EXPECT_EQ(latest_, 2);
  EXPECT_EQ(mode_, "slow");
  EXPECT_THAT(refusal({"take", "--latest", "x"}), HasSubstr("--latest \"x\": a whole number"));
  EXPECT_THAT(refusal({"take", "--latest="}), HasSubstr("--latest \"\""));
  EXPECT_THAT(refusal({"take", "--mode", "quick"}),
              AllOf(HasSubstr("--mode \"quick\""), HasSubstr("fast, slow")));
}

TEST_F(Parser, TheProgramsOptionsStandAnywhere) {
  const Line lines[] = {{"-r", "a", "--json", "take", "p"},
                        {"take", "p", "-ra", "--json"},
                        {"--json", "take", "--repo=a", "p"},
                        {"-r=a", "--json", "grab", "p"},
                        {"--repo", "a", "take", "--json", "--", "p"}};
  for (const Line& line : lines) {
    repo_.clear();
    json_ = false;
    paths_.clear();
    EXPECT_EQ(parse(line).command().name, "take");
    EXPECT_EQ(repo_, "a") << ::testing::PrintToString(line);
    EXPECT_TRUE(json_) << ::testing::PrintToString(line);
    EXPECT_THAT(paths_, ElementsAre("p"));
  }
}

TEST_F(Parser, TheCommandIsLookedForAsCobraDoes) {
  // Of an option that the program does not have, the next argument is the value.
  parse({"--host", "h", "take", "p"});
  EXPECT_EQ(host_, "h");
  EXPECT_THAT(refusal({"--dry-run", "take"}), HasSubstr("no option --dry-run"));
  EXPECT_EQ(parse({"--dry-run", "x", "take"}).command().name, "take");
  EXPECT_THAT(paths_, ElementsAre("p", "x"));
  // Letters that stand together are not looked at: the value is taken for the command.
  EXPECT_THAT(refusal({"-qr", "place", "take"}), HasSubstr("\"place\" is no command"));
  // A value that is called as the command is no command.
  repo_.clear();
  paths_.clear();
  EXPECT_EQ(parse({"-r", "take", "take", "take"}).path.size(), 2U);
  EXPECT_EQ(repo_, "take");
  EXPECT_THAT(paths_, ElementsAre("take"));
  EXPECT_EQ(title_of(parse({"key", "--json", "add", "--user", "u"}).path), "prog key add");
  EXPECT_EQ(title_of(parse({"key", "--user", "u", "add"}).path), "prog key add");
}

TEST_F(Parser, WhatCannotRunIsNoErrorByItself) {
  EXPECT_EQ(parse({}).path.size(), 1U);
  EXPECT_EQ(parse({"key"}).command().name, "key");
  EXPECT_EQ(parse({"--json"}).path.size(), 1U);
  EXPECT_THAT(refusal({"key", "list"}), HasSubstr("\"list\" is no command"));
}

TEST_F(Parser, WrongNamesComeBeforeMissingArguments) {
  EXPECT_THAT(refusal({"show"}), AllOf(HasSubstr("SNAPSHOT is missing"), HasSubstr("prog show")));
  EXPECT_THAT(refusal({"show", "--jsno"}), HasSubstr("no option --jsno: did you mean --json?"));
  EXPECT_THAT(refusal({"take", "--hots=x"}), HasSubstr("did you mean --host?"));
  EXPECT_THAT(refusal({"take", "--ho=x"}), HasSubstr("no option --ho"));  // not abbreviated
  EXPECT_THAT(refusal({"take", "-host", "x"}), HasSubstr("did you mean --host?"));
  EXPECT_THAT(refusal({"take", "-nz"}), HasSubstr("no option -z (in \"-nz\")"));
  EXPECT_THAT(refusal({"take", "--=x"}), HasSubstr("\"--=x\" is no option"));
  EXPECT_THAT(refusal({"take", "---json"}), HasSubstr("is no option"));
  EXPECT_THAT(refusal({"take", "--host"}), HasSubstr("--host needs a value"));
  EXPECT_THAT(refusal({"take", "-nH"}), HasSubstr("-H needs a value"));
  EXPECT_THAT(refusal({"taek", "p"}), HasSubstr("\"taek\" is no command: did you mean take?"));
  EXPECT_THAT(refusal({"Take"}), HasSubstr("\"Take\" is no command"));
  EXPECT_THAT(refusal({"--", "take"}), HasSubstr("before \"--\""));
  EXPECT_THAT(refusal({"show", "a", "b", "c", "d"}), HasSubstr("no further argument \"c\" \"d\""));
}

TEST_F(Parser, HelpWinsOverWhatIsMissing) {
  for (const Line& line : {Line{"show", "-h"},
                           {"show", "--help"},
                           {"-h", "show"},
                           {"show", "-qh"},
                           {"--help", "show", "--json"}}) {
    const ParsedLine parsed = parse(line);
    EXPECT_TRUE(parsed.help);
    EXPECT_EQ(parsed.command().name, "show");
  }
  EXPECT_TRUE(parse({"--help"}).help);
  EXPECT_FALSE(parse({"take", "--help=false"}).help);
  EXPECT_THAT(refusal({"show", "--help", "--nope"}), HasSubstr("--nope"));
}

TEST_F(Parser, OldNamesWorkAndAreNamed) {
  EXPECT_THAT(parse({"take", "--old", "h"}).advice,
              ElementsAre("--old is an old name: use --host"));
  EXPECT_EQ(host_, "h");
  EXPECT_THAT(parse({"rebuild"}).advice,
              ElementsAre("\"prog rebuild\" is an old name: use \"repair\""));
  EXPECT_THAT(parse({"take", "--host=h"}).advice, IsEmpty());
}

TEST_F(Parser, ASwitchIsFoundInWrongLines) {
  const auto on = [&](const Line& line) { return is_switched_on(program_, line, "json"); };
  EXPECT_TRUE(on({"take", "--nope", "--json"}));
  EXPECT_TRUE(on({"--json", "nope"}));
  EXPECT_TRUE(on({"take", "--latest", "x", "--json=true"}));
  EXPECT_TRUE(on({"take", "-q", "--json"}));
  EXPECT_FALSE(on({"take", "--host", "--json", "--nope"}));
  EXPECT_FALSE(on({"take", "-nH", "--json", "--nope"}));
  EXPECT_FALSE(on({"take", "--nope", "--", "--json"}));
  EXPECT_FALSE(on({"take", "--json", "--json=false", "--nope"}));
  EXPECT_FALSE(on({"take", "--json=maybe"}));
}

TEST_F(Parser, NothingIsSetByAnythingButTheLine) {
  parse({"take"});
  EXPECT_EQ(host_, "-");
  EXPECT_THAT(patterns_, IsEmpty());
  EXPECT_EQ(verbosity_, 0);
}

}  // namespace
}  // namespace snapfs
