// A command's output, and what is made of its exit status.
#include "cli/process/command_stream.h"

#include <sys/wait.h>

#include <cerrno>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

std::string read_all(ByteStream& stream) {
  std::string text;
  Bytes buffer(5);
  while (const std::size_t count = stream.read(buffer)) {
    text += as_text(ByteView(buffer).first(count));
  }
  return text;
}

void expect_no_children() {
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(CommandStream, ArgumentsAreNotForAShell) {
  EXPECT_EQ(read_all(*run_for_output({"printf", "%s|", "a b", "$HOME", "*"}, {})), "a b|$HOME|*|");
  expect_no_children();
}

TEST(CommandStream, InputIsEmpty) { EXPECT_EQ(read_all(*run_for_output({"cat"}, {})), ""); }

TEST(CommandStream, FailureIsAnError) {
  const auto failing = run_for_output({"sh", "-c", "echo half; exit 3"}, {});
  EXPECT_TRUE(fails_with(ErrorCode::kIo, "sh failed with status 3", [&] { read_all(*failing); }));
  const auto killed = run_for_output({"sh", "-c", "echo half; kill -9 $$"}, {});
  EXPECT_TRUE(fails_with(ErrorCode::kIo, "status 137", [&] { read_all(*killed); }));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, "no-such-program",
                         [] { run_for_output({"no-such-program"}, {}); }));
}

TEST(CommandStream, StopEndsTheCommand) {
  StopSource stop;
  auto stream = run_for_output({"sleep", "1000"}, stop.get_token());
  std::thread stopper([&stop] { stop.request_stop(); });
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { read_all(*stream); }));
  stopper.join();
  stream.reset();
  expect_no_children();
}

TEST(CommandStream, StopEndsTheWaitForACommandThatClosedItsOutput) {
  StopSource stop;
  auto stream = run_for_output({"sh", "-c", "exec >&-; exec sleep 1000"}, stop.get_token());
  std::thread stopper([&stop] { stop.request_stop(); });
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { read_all(*stream); }));
  stopper.join();
  stream.reset();
  expect_no_children();
}

}  // namespace
}  // namespace snapfs
