// Splitting a password command, and running it.
#include "cli/process/child_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/support/fails_with.h"

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

TEST(SplitCommand, SplitsAtBlanks) {
  EXPECT_THAT(split_command("  pass   show\tbackup "), ElementsAre("pass", "show", "backup"));
}

TEST(SplitCommand, KeepsWhatIsQuoted) {
  EXPECT_THAT(split_command(R"(echo 'a b' "c 'd'" e"f g"h '')"),
              ElementsAre("echo", "a b", "c 'd'", "ef gh", ""));
}

TEST(SplitCommand, BackslashTakesTheNextCharacterAsItIs) {
  EXPECT_THAT(split_command(R"(a\ b "c\"d\n" 'e\f')"), ElementsAre("a b", R"(c"d\n)", R"(e\f)"));
}

TEST(SplitCommand, RefusesAnOpenQuoteAndNothing) {
  EXPECT_THROW(split_command("echo 'a"), Error);
  EXPECT_THROW(split_command("  "), Error);
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
  ChildProcess child({"cat"}, ChildInput::kNone);
  EXPECT_EQ(read_all(child.output()), "");
  EXPECT_EQ(child.wait(), 0);
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
