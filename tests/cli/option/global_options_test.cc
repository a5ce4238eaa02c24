// What is said for every command, on the command line and in the environment.
#include "cli/option/global_options.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command/commands.h"
#include "cli/grammar/parser.h"
#include "cli/process/text_file.h"
#include "tests/support/fails_with.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::ScopedVariable;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// What the options come to before and after a command that uses none of them.
class GlobalLine : public ::testing::Test {
 protected:
  GlobalOptions parse(std::vector<std::string> options, bool before = true) {
    GlobalOptions result;
    const Command program = program_command(result);
    options.insert(before ? options.end() : options.begin(), "version");
    parse_line(program, options);
    return result;
  }
};

TEST_F(GlobalLine, EveryOptionOfResticStandsBeforeAndAfterTheCommand) {
  const std::vector<std::string> all = {"--cacert=/a,/b",
                                        "--cache-dir=/c",
                                        "--cleanup-cache",
                                        "--compression=max",
                                        "--http-user-agent=x",
                                        "--insecure-no-password",
                                        "--insecure-tls",
                                        "--json",
                                        "--key-hint=12",
                                        "--limit-download=3",
                                        "--limit-upload=4",
                                        "--no-cache",
                                        "--no-extra-verify",
                                        "--no-lock",
                                        "-o",
                                        "a.b=c",
                                        "--option=d.e=f",
                                        "--pack-size=8",
                                        "--password-command=p",
                                        "-p",
                                        "/p",
                                        "-q",
                                        "-r",
                                        "/r",
                                        "--repository-file",
                                        "/f",
                                        "--retry-lock=1.5h",
                                        "--stuck-request-timeout=7m",
                                        "--tls-client-cert=/t",
                                        "-vv"};
  for (const bool before : {true, false}) {
    const GlobalOptions options = parse(all, before);
    EXPECT_THAT(options.remote.certificate_files, ElementsAre("/a", "/b"));
    EXPECT_EQ(options.cache_directory, "/c");
    EXPECT_TRUE(options.cleanup_cache && options.insecure_no_password && options.no_cache &&
                options.no_extra_verify && options.no_lock && options.quiet && options.json &&
                options.remote.insecure_tls);
    EXPECT_EQ(options.compression, "max");
    EXPECT_EQ(options.remote.user_agent, "x");
    EXPECT_EQ(options.key_to_try_first(), "12");
    EXPECT_EQ(options.remote.download_kibibytes_per_second, 3);
    EXPECT_EQ(options.remote.upload_kibibytes_per_second, 4);
    EXPECT_THAT(options.remote.extended_options(),
                ElementsAre(std::pair("a.b", "c"), std::pair("d.e", "f")));
    EXPECT_EQ(options.pack_bytes(), 8U << 20);
    EXPECT_EQ(options.repository, "/r");
    EXPECT_EQ(options.retry_lock, std::chrono::minutes(90));
    EXPECT_EQ(options.remote.stuck_request_timeout, std::chrono::minutes(7));
    EXPECT_EQ(options.verbosity, 2);
  }
}

TEST_F(GlobalLine, WrongValuesAreRefusedWhateverTheCommand) {
  for (const char* text :
       {"--compression=", "--compression=zip", "--pack-size=", "--pack-size=big", "--repo=",
        "--limit-upload=fast", "--limit-download=1.5", "--retry-lock=5", "--retry-lock=soon",
        "--stuck-request-timeout=", "--no-lock=maybe", "--option=\"a", "--cacert=a\"b"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "--", [&] { parse({text}); })) << text;
  }
  EXPECT_EQ(parse({"--retry-lock=0"}).retry_lock.count(), 0);
  EXPECT_EQ(parse({"--retry-lock=500ms"}).retry_lock, std::chrono::milliseconds(500));
}

TEST_F(GlobalLine, PackSizeIsInMebibytes) {
  EXPECT_EQ(parse({}).pack_bytes(), 16U << 20);
  const ScopedVariable variable("SNAPFS_PACK_SIZE", "8");
  EXPECT_EQ(parse({}).pack_bytes(), 8U << 20);
  EXPECT_EQ(parse({"--pack-size=128"}).pack_bytes(), 128U << 20);
  EXPECT_EQ(parse({"--pack-size=0"}).pack_bytes(), 16U << 20);
  for (const char* text : {"--pack-size=3", "--pack-size=129", "--pack-size=-16"}) {
    EXPECT_TRUE(
        fails_with(ErrorCode::kUsage, "4 to 128", [&] { (void)parse({text}).pack_bytes(); }));
  }
}

TEST_F(GlobalLine, SettingsOfStorageAreChecked) {
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "KEY=VALUE", [&] {
    (void)parse({"-o", "=3"}).remote.extended_options();
  }));
  EXPECT_NO_THROW(
      (void)parse({"-o", "a", "-o", "a=", "-olocal.connections=3"}).remote.extended_options());
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "two values", [&] {
    (void)parse({"-o", "a=1,a=2"}).remote.extended_options();
  }));
}

TEST_F(GlobalLine, FilesOfCertificatesAreThere) {
  test::TemporaryDirectory scratch;
  scratch.write("there", "x");
  const std::string there = scratch / "there";
  const std::string gone = scratch / "gone";
  EXPECT_NO_THROW(parse({"--cacert", there, "--tls-client-cert", there}).remote.http_options());
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, gone, [&] {
    parse({"--cacert", there + "," + gone}).remote.http_options();
  }));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, gone, [&] {
    parse({"--tls-client-cert", gone}).remote.http_options();
  }));
  const ScopedVariable variable("RESTIC_CACERT", (there + "," + gone).c_str());
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, gone, [&] { parse({}).remote.http_options(); }));
  EXPECT_NO_THROW(parse({"--cacert", there}).remote.http_options());
}

TEST(GlobalOptions, VariablesThatNameTwoRepositoriesAreAnError) {
  test::TemporaryDirectory scratch;
  scratch.write("name", "/theirs\n");
  const std::string file = scratch / "name";
  for (const std::string prefix : {"SNAPFS_", "RESTIC_"}) {
    const ScopedVariable ours("SNAPFS_REPOSITORY", std::nullopt);
    const ScopedVariable name(prefix + "REPOSITORY", "/one");
    const ScopedVariable list(prefix + "REPOSITORY_FILE", file);
    GlobalOptions options;
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, prefix + "REPOSITORY_FILE",
                           [&] { (void)options.repository_string(); }));
    options.repository_file = file;
    EXPECT_EQ(options.repository_string(), "/theirs");
  }
  GlobalOptions source;
  source.variables = "FROM_";
  source.repository = "/one";
  source.repository_file = file;
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "--from-repo and --from-repository-file",
                         [&] { (void)source.repository_string(); }));
  const ScopedVariable ours("SNAPFS_REPOSITORY", "/ours");
  const ScopedVariable theirs("RESTIC_REPOSITORY_FILE", file);
  EXPECT_EQ(GlobalOptions{}.repository_string(), "/ours");
}

TEST(SplitCsv, AsGosReaderDoes) {
  EXPECT_THAT(split_csv(""), ElementsAre());
  EXPECT_THAT(split_csv("a"), ElementsAre("a"));
  EXPECT_THAT(split_csv("a,,b,"), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split_csv("\"a,b\",c"), ElementsAre("a,b", "c"));
  EXPECT_THAT(split_csv("\"a\"\"b\""), ElementsAre("a\"b"));
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, [] { split_csv("\"a"); }));
}

/// Looks at the command, and at all below it.
template <class Look>
void for_each_command(const Command& command, const Look& look) {
  look(command);
  for (const Command& subcommand : command.subcommands) for_each_command(subcommand, look);
}

class ProgramTable : public ::testing::Test {
 protected:
  GlobalOptions options_;
  const Command program_ = program_command(options_);
};

TEST_F(ProgramTable, NamesAreGivenOnce) {
  for_each_command(program_, [this](const Command& command) {
    std::vector<std::string> names = {"help"};
    std::string letters = "h";
    for (const Command* const owner : {&program_, &command}) {
      if (owner == &command && &command == &program_) continue;
      for (const Option& option : owner->options) {
        names.insert(names.end(), option.names().begin(), option.names().end());
        if (option.letter() != 0) letters += option.letter();
      }
    }
    std::ranges::sort(names);
    std::ranges::sort(letters);
    EXPECT_EQ(std::ranges::adjacent_find(names), names.end())
        << command.name << *std::ranges::adjacent_find(names);
    EXPECT_EQ(std::ranges::adjacent_find(letters), letters.end()) << command.name << letters;
  });
}

TEST_F(ProgramTable, ExamplesCanBePasted) {
  for_each_command(program_, [](const Command& command) {
    for (const std::string_view line : split_lines(command.footer)) {
      if (!line.starts_with("  snapfs ")) continue;
      const std::size_t gap = line.find("  ", 2);
      const std::size_t behind = line.find_first_not_of(' ', gap);
      EXPECT_TRUE(gap == line.npos || line[behind] == '#') << line;
    }
  });
}

TEST_F(ProgramTable, NoOptionSaysByItselfWhatCountsOtherwise) {
  for_each_command(program_, [](const Command& command) {
    for (const Option& option : command.options) {
      EXPECT_THAT(option.text(), Not(HasSubstr("(default"))) << command.name;
    }
  });
}

}  // namespace
}  // namespace snapfs
