// Splitting a command, and running it.
#include "fs/process/child_process.h"

#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "fs/base/file.h"
#include "tests/support/fails_with.h"
#include "tests/support/scoped_variable.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;

std::string read_all(int fd) {
  std::string text;
  std::array<char, 256> buffer;
  ssize_t got = 0;
  while ((got = ::read(fd, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::vector<std::string> words(std::string_view command) {
  return split_command(command, "the test");
}

TEST(SplitCommand, SplitsAtBlanks) {
  EXPECT_THAT(words("  pass   show\tbackup "), ElementsAre("pass", "show", "backup"));
}

TEST(SplitCommand, KeepsWhatIsQuoted) {
  EXPECT_THAT(words(R"(echo 'a b' "c 'd'" e"f g"h '')"),
              ElementsAre("echo", "a b", "c 'd'", "ef gh", ""));
}

TEST(SplitCommand, BackslashTakesTheNextCharacterAsItIs) {
  EXPECT_THAT(words(R"(a\ b "c\"d\n" 'e\f')"), ElementsAre("a b", R"(c"d\n)", R"(e\f)"));
}

TEST(SplitCommand, RefusesAnOpenQuoteAndNothing) {
  EXPECT_TRUE(
      test::fails_with(ErrorCode::kUsage, "the test has an open quote", [] { words("echo 'a"); }));
  EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, "the test is empty", [] { words("  "); }));
}

TEST(ChildProcess, GivesOutputAndStatus) {
  ChildProcess child({"sh", "-c", "printf secret; exit 7"});
  EXPECT_EQ(read_all(child.output()), "secret");
  EXPECT_EQ(child.wait(), 7);
}

TEST(ChildProcess, NamesAProgramThatIsNotThere) {
  try {
    ChildProcess child({"/no/such/program"});
    FAIL() << "started";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("/no/such/program"));
  }
}

TEST(ChildProcess, CanBeGivenNoInput) {
  ChildProcess child({"cat"}, {.input = ChildInput::kNone});
  EXPECT_EQ(read_all(child.output()), "");
  EXPECT_EQ(child.wait(), 0);
}

TEST(ChildProcess, CanBeWrittenToUntilItsInputIsClosed) {
  ChildProcess child({"cat"}, {.input = ChildInput::kPipe});
  write_all(child.input(), as_bytes("there and back"), "cat");
  child.close_input();
  EXPECT_EQ(read_all(child.output()), "there and back");
  EXPECT_EQ(child.wait(), 0);
}

TEST(ChildProcess, ErrorsCanBeReadApart) {
  ChildProcess child({"sh", "-c", "echo out; echo err >&2"}, {.errors = ChildErrors::kPipe});
  EXPECT_EQ(read_all(child.output()), "out\n");
  EXPECT_EQ(read_all(child.errors()), "err\n");
  EXPECT_EQ(child.wait(), 0);
}

TEST(ChildVariables, NobodySeesOurPasswords) {
  for (const char* const variable :
       {"SNAPFS_PASSWORD=p", "RESTIC_REST_PASSWORD=p", "RCLONE_FTP_PASSWORD2=p",
        "SNAPFS_REPOSITORY=rest:https://u:p@h/", "RESTIC_FROM_REPOSITORY=rest:http://u:p@h:8000/r",
        "RESTIC_REPOSITORY2=rest:http://u:p@h:8000/r"}) {
    EXPECT_FALSE(may_see(variable, ChildSecrets::kOfStorage)) << variable;
    EXPECT_FALSE(may_see(variable, ChildSecrets::kNone)) << variable;
  }
}

TEST(ChildVariables, SecretsOfStorageAndProxiesAreForThoseWhoUseThem) {
  for (const char* const variable :
       {"AWS_SECRET_ACCESS_KEY=k", "AWS_SESSION_TOKEN=t", "AWS_SECURITY_TOKEN=t",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN=t", "RCLONE_CONFIG_PASS=p",
        "RCLONE_CONFIG_X_CLIENT_SECRET=s", "AZURE_ACCOUNT_KEY=k", "B2_ACCOUNT_KEY=k",
        "HTTPS_PROXY=http://u:p@proxy:3128", "https_proxy=u:p@proxy:3128",
        "ALL_PROXY=socks5://u:p@proxy", "OTHER=https://u:p@h"}) {
    EXPECT_TRUE(may_see(variable, ChildSecrets::kOfStorage)) << variable;
    EXPECT_FALSE(may_see(variable, ChildSecrets::kNone)) << variable;
  }
}

TEST(ChildVariables, WhatIsNoSecretIsForAll) {
  for (const char* const variable :
       {"HOME=/home/u", "SSH_AUTH_SOCK=/run/agent", "AWS_PROFILE=p", "AWS_ACCESS_KEY_ID=i",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/t", "TUNNEL_TOKEN=of what ssh goes through",
        "SNAPFS_REPOSITORY=sftp:u@h:/r", "SNAPFS_REPOSITORY=rest:http://u@h:8000/r",
        "SNAPFS_REPOSITORY=rest:http://h:8000/a@b", "SNAPFS_PASSWORD_FILE=/f",
        "HTTPS_PROXY=http://proxy:3128", "https_proxy=u@proxy:3128", "EMPTY=", "NONE",
        "PGPASSWORD=p", "MYSQL_ROOT_PASSWORD=of a dump's"}) {
    EXPECT_TRUE(may_see(variable, ChildSecrets::kNone)) << variable;
  }
}

TEST(ChildVariables, DroppedPasswordsAreSeenByNobodyAndTheRestStays) {
  const test::ScopedVariable other("AWS_SECRET_ACCESS_KEY", "for the storage");
  const test::ScopedVariable password("SNAPFS_TEST_PASSWORD", "password");
  drop_passwords_from_environment();
  EXPECT_EQ(std::getenv("SNAPFS_TEST_PASSWORD"), nullptr);
  EXPECT_STREQ(std::getenv("AWS_SECRET_ACCESS_KEY"), "for the storage");
  EXPECT_NE(std::getenv("PATH"), nullptr);
  const test::ScopedVariable again("SNAPFS_TEST_PASSWORD", "set anew");
  EXPECT_STREQ(std::getenv("SNAPFS_TEST_PASSWORD"), "set anew");
}

TEST(ChildProcess, SeesNoPasswordsAndCloudSecretsOnlyWhereItMay) {
  const test::ScopedVariable password("SNAPFS_SOME_PASSWORD", "p");
  const test::ScopedVariable key("AWS_SECRET_ACCESS_KEY", "k");
  const test::ScopedVariable other("SNAPFS_TEST_OTHER", "o");
  const auto seen = [](const ChildOptions& options) {
    ChildProcess child(
        {"sh", "-c", "echo $SNAPFS_SOME_PASSWORD-$AWS_SECRET_ACCESS_KEY-$SNAPFS_TEST_OTHER"},
        options);
    return read_all(child.output());
  };
  EXPECT_EQ(seen({}), "-k-o\n");
  EXPECT_EQ(seen({.secrets = ChildSecrets::kNone}), "--o\n");
  EXPECT_EQ(seen({.variables = {"SNAPFS_TEST_OTHER=its own", "SNAPFS_SOME_PASSWORD=given"}}),
            "given-k-its own\n");
}

TEST(ChildProcess, WithoutATerminalItLeadsASessionOfItsOwn) {
  const auto ids = [](ChildTerminal terminal) {
    ChildProcess child({"cut", "-d ", "-f1,6", "/proc/self/stat"}, {.terminal = terminal});
    const std::string text = read_all(child.output());
    const std::size_t blank = text.find(' ');
    return std::pair(text.substr(0, blank), text.substr(blank + 1, text.size() - blank - 2));
  };
  const auto alone = ids(ChildTerminal::kNone);
  EXPECT_EQ(alone.first, alone.second);
  EXPECT_EQ(ids(ChildTerminal::kOurs).second, std::to_string(::getsid(0)));
}

TEST(ChildProcess, WhatItStartedEndsWithItWhenItHasNoTerminal) {
  ChildProcess child({"sh", "-c", "sleep 1000 & echo started; wait"},
                     {.terminal = ChildTerminal::kNone});
  std::array<char, 8> started{};
  EXPECT_EQ(::read(child.output(), started.data(), started.size()), 8);
  child.terminate(std::chrono::minutes(1));
  EXPECT_EQ(read_all(child.output()), "") << "whoever holds the pipe would keep it open";
}

/// What a process in front of a terminal of its own does; its exit status is the first thing that
/// went wrong.
int lend_the_terminal() {
  ChildProcess child({"sh", "-c", "read -r line </dev/tty; echo \"got $line\""},
                     {.terminal = ChildTerminal::kLent});
  if (read_all(child.output()) != "got an answer\n") return 1;
  if (::tcgetpgrp(STDIN_FILENO) == ::getpgrp()) return 2;
  child.take_terminal_back();
  if (::tcgetpgrp(STDIN_FILENO) != ::getpgrp()) return 3;
  return child.wait();
}

TEST(ChildProcess, CanBeLentTheTerminalToAskSomething) {
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid == 0) ::_exit(lend_the_terminal());
  const UniqueFd ours(terminal);
  write_all(terminal, as_bytes("an answer\n"), "the terminal");
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

TEST(ChildProcess, WaitingEndsWhenStopped) {
  ChildProcess child({"sleep", "1000"});
  StopSource stop;
  std::thread stopper([&stop] { stop.request_stop(); });
  EXPECT_TRUE(test::fails_with(ErrorCode::kCancelled, [&] { child.wait(stop.get_token()); }));
  stopper.join();
  child.terminate(std::chrono::minutes(1));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST(ChildProcess, IsKilledWhenItDoesNotWantToEnd) {
  ChildProcess child({"sh", "-c", "trap '' TERM; echo ready; exec sleep 1000"});
  char ready = 0;
  EXPECT_EQ(::read(child.output(), &ready, 1), 1);
  child.terminate(std::chrono::milliseconds(1));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST(ChildProcess, DoesNotInheritBlockedSignals) {
  sigset_t terminate;
  sigset_t before;
  ::sigemptyset(&terminate);
  ::sigaddset(&terminate, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &terminate, &before);
  ChildProcess child({"sh", "-c", "kill -TERM $$; echo still here"});
  EXPECT_EQ(read_all(child.output()), "");
  EXPECT_EQ(child.wait(), 128 + SIGTERM);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace snapfs
