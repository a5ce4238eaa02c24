// Programs in ssh's place that end, say nonsense, are silent or missing, and what callers hear.
#include "fs/backend/sftp/sftp_connection.h"

#include <sys/wait.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/sftp/sftp_pool.h"
#include "fs/backend/sftp/ssh_failure.h"
#include "fs/base/error.h"
#include "tests/support/fails_with.h"
#include "tests/support/manual_timer.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/sftp_server.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::faulty_sftp_server;

/// In a shell: the version of a server without extensions.
constexpr const char* kVersion = "printf '\\000\\000\\000\\005\\002\\000\\000\\000\\003'";

std::vector<std::string> shell(const std::string& script) { return {"sh", "-c", script}; }

void connect(const std::vector<std::string>& command) {
  const SftpConnection connection({.command = command}, {});
}

void expect_no_child_is_left() {
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST(SftpConnection, TellsTheProgramNoSecretsOfStorageNorOfProxies) {
  const test::ScopedVariable repository("SNAPFS_REPOSITORY", "rest:https://u:secret@h/");
  const test::ScopedVariable proxy("HTTPS_PROXY", "http://u:secret@proxy:3128");
  const test::ScopedVariable token("AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret");
  const test::ScopedVariable agent("SSH_AUTH_SOCK", "/run/agent");
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "seen: 0, /run/agent", [] {
    connect(shell("echo \"seen: $(env | grep -c secret), $SSH_AUTH_SOCK\" >&2; exit 255"));
  }));
}

TEST(SftpConnection, SaysWhatTheProgramSaysWhenItEnds) {
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "sh ended with status 255: host is down",
                         [] { connect(shell("echo host is down >&2; exit 255")); }));
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "Permission denied (publickey).", [] {
    connect(shell("echo 'me@host: Permission denied (publickey).' >&2; exit 255"));
  }));
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "sh ended with status 3",
                         [] { connect(shell("exit 3")); }));
  EXPECT_TRUE(
      fails_with(ErrorCode::kUnavailable, "signal 9", [] { connect(shell("kill -9 $$")); }));
  expect_no_child_is_left();
}

TEST(SftpConnection, AProgramThatIsNotThereIsNothingThatIsNotStored) {
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "install OpenSSH's client",
                         [] { connect({"/no/such/program"}); }));
}

TEST(SftpConnection, ABannerIsShown) {
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "\"Welcome to this host!\"",
                         [] { connect(shell("echo 'Welcome to this host!'; exec sleep 1000")); }));
  // As an echo of what was sent.
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "no SFTP server", [] { connect({"cat"}); }));
  expect_no_child_is_left();
}

TEST(SftpConnection, AProgramThatIsSilentIsGivenUp) {
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "did not answer", [] {
    const SftpConnection connection(
        {.command = {"sleep", "1000"}, .stuck_timeout = std::chrono::milliseconds(20)}, {});
  }));
  expect_no_child_is_left();
}

TEST(SftpConnection, AStopEndsTheWaitForAProgramThatIsSilent) {
  StopSource stop;
  std::jthread caller([&stop] {
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&stop] {
      const SftpConnection connection({.command = {"sleep", "1000"}}, stop.get_token());
    }));
  });
  stop.request_stop();
  caller.join();
  expect_no_child_is_left();
}

/// A request that every server answers.
SftpRequest question() { return SftpRequest(SftpType::kStat).string("/"); }

TEST(SftpConnection, AllWhoWaitHearThatTheProgramEnded) {
  // It waits for a byte of the first request behind the nine of the greeting.
  const auto connection = std::make_shared<SftpConnection>(
      SftpStart{.command = shell(std::string(kVersion) +
                                 "; head -c 10 >/dev/null; echo broken pipe >&2; exit 255")},
      StopToken());
  std::vector<std::jthread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&connection] {
      EXPECT_TRUE(fails_with(ErrorCode::kUnavailable,
                             "broke: sh ended with status 255: broken pipe",
                             [&] { SftpCall(connection, {}).ask(question()); }));
    });
  }
  callers.clear();
  EXPECT_TRUE(connection->is_broken());
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "broke",
                         [&] { SftpCall(connection, {}).ask(question()); }));
}

TEST(SftpConnection, NonsenseBreaksIt) {
  for (const char* nonsense :
       {"printf '\\377\\377\\377\\377'",       // a wild length
        "printf '\\000\\000\\000\\001\\145'",  // no number
        "printf '\\000\\000\\000\\011\\145\\000\\000\\000\\143\\000\\000\\000\\000'"}) {  // another
    const auto connection = std::make_shared<SftpConnection>(
        SftpStart{.command = shell(std::string(kVersion) + "; head -c 10 >/dev/null; " + nonsense +
                                   "; exec sleep 1000")},
        StopToken());
    EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "the SFTP server sent", [&] {
      SftpCall(connection, {}).ask(question());
    })) << nonsense;
  }
  expect_no_child_is_left();
}

TEST(SftpConnection, AServerThatFallsSilentIsGivenUp) {
  // A slow machine may find the program silent from the beginning.
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "did not answer", [] {
    const auto connection = std::make_shared<SftpConnection>(
        SftpStart{.command = shell(std::string(kVersion) + "; exec sleep 1000"),
                  .stuck_timeout = std::chrono::milliseconds(200)},
        StopToken());
    SftpCall(connection, {}).ask(question());
  }));
}

TEST(SftpConnection, AStopEndsTheWaitForAnAnswer) {
  const auto connection = std::make_shared<SftpConnection>(
      SftpStart{.command = shell(std::string(kVersion) + "; exec sleep 1000")}, StopToken());
  StopSource stop;
  std::jthread caller([&] {
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
      SftpCall call(connection, stop.get_token());
      call.ask(question());
    }));
  });
  stop.request_stop();
  caller.join();
  EXPECT_EQ(connection->calls(), 0U);
}

TEST(SftpConnection, AStopEndsTheWaitOfAWriterThatNobodyReads) {
  const auto connection = std::make_shared<SftpConnection>(
      SftpStart{.command = shell(std::string(kVersion) + "; exec sleep 1000")}, StopToken());
  StopSource stop;
  std::jthread caller([&] {
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] {
      SftpCall call(connection, stop.get_token());
      const std::string much(200'000, 'x');  // more than a pipe holds
      std::uint32_t last = 0;
      for (int i = 0; i < 10; ++i) last = call.send(SftpRequest(SftpType::kWrite).string(much));
      call.receive(last);
    }));
  });
  stop.request_stop();
  caller.join();
}

TEST(SftpConnection, AnswersGoToWhoeverAsked) {
  if (test::sftp_server().empty()) GTEST_SKIP() << "no sftp-server is installed";
  const test::TemporaryDirectory directory;
  for (int i = 0; i < 8; ++i) directory.write(std::to_string(i), std::string(100 + i, 'x'));
  const auto connection = std::make_shared<SftpConnection>(
      SftpStart{.command = faulty_sftp_server({"--plain", "--flights", "3,8,16,32"})}, StopToken());
  const auto ask_for = [&](SftpCall& call, int number) {
    return call.send(SftpRequest(SftpType::kStat).string(directory / std::to_string(number)));
  };
  SftpCall call(connection, {});
  for (const int together : {3, 8, 16, 32}) {
    std::vector<std::uint32_t> sent;
    for (int i = 0; i < together; ++i) sent.push_back(ask_for(call, i % 8));
    for (int i = 0; i < together; ++i) {
      EXPECT_EQ(decode_attributes(call.receive(sent[i])).size, 100U + i % 8);
    }
  }
}

/// How the program ended, as ssh does.
Error end_of(const std::string& errors, int status = 255) {
  return ssh_failure({.program = "ssh", .status = status, .errors = errors});
}

TEST(SshFailure, KnowsWhatSshSays) {
  const std::vector<std::pair<std::string, ErrorCode>> sayings = {
      {"ssh: Could not resolve hostname nowhere: Name or service not known\r\n", ErrorCode::kUsage},
      {"ssh: Could not resolve hostname h: Temporary failure in name resolution\r\n",
       ErrorCode::kUnavailable},
      {"hostname contains invalid characters\r\n", ErrorCode::kUsage},
      {"Unable to negotiate with ::1 port 22: no matching host key type found. Their offer: x\r\n",
       ErrorCode::kUnsupported},
      {"ssh: connect to host h port 22: No route to host\r\n", ErrorCode::kUnavailable},
      {"ssh: connect to host h port 22: Network is unreachable\r\n", ErrorCode::kUnavailable},
      {"ssh: connect to host h port 22: Connection refused\r\n", ErrorCode::kUnavailable},
      {"ssh: connect to host h port 22: Connection timed out\r\n", ErrorCode::kUnavailable},
      {"kex_exchange_identification: Connection closed by remote host\n", ErrorCode::kUnavailable},
      {"u@h: Permission denied (publickey).\r\n", ErrorCode::kWrongCredentials},
      {"Received disconnect from ::1 port 22:2: Too many authentication failures\r\n",
       ErrorCode::kWrongCredentials},
      {"No ED25519 host key is known for h and you have requested strict checking.\r\n"
       "Host key verification failed.\r\n",
       ErrorCode::kWrongCredentials},
      {"subsystem request failed on channel 0\r\n", ErrorCode::kUnsupported},
      {"command-line: line 0: Bad configuration option: x\r\n", ErrorCode::kUsage},
      {"unknown option -- X\nusage: ssh [-46AaCfGgKkMNnqsTtVvXxYy]\n", ErrorCode::kUsage}};
  for (const auto& [errors, code] : sayings) EXPECT_EQ(end_of(errors).code(), code) << errors;
}

TEST(SshFailure, TakesNoWarningAboutFilesOfThisMachineForTheReason) {
  for (const std::string warning :
       {"Could not create directory '/home/u/.ssh' (Permission denied).\r\n",
        "Failed to add the host to the list of known hosts (/x: Permission denied).\r\n",
        "Load key \"/x\": Permission denied\r\n"}) {
    EXPECT_EQ(end_of(warning + "ssh: connect to host h port 22: Connection refused\r\n").code(),
              ErrorCode::kUnavailable)
        << warning;
    EXPECT_EQ(end_of(warning + "u@h: Permission denied (publickey).\r\n").code(),
              ErrorCode::kWrongCredentials)
        << warning;
  }
}

TEST(SshFailure, ShowsTheLastLinesWithoutTheFrame) {
  const Error error = end_of(
      "@@@@@@@@@@@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n"
      "@@@@@@@@@@@@@@@@@@@@@\nIT IS POSSIBLE\nOffending key in /home/u/.ssh/known_hosts:3\n"
      "Host key for h has changed\nHost key verification failed.\r\n");
  EXPECT_EQ(error.code(), ErrorCode::kWrongCredentials);
  EXPECT_THAT(error.what(),
              ::testing::HasSubstr("Offending key in /home/u/.ssh/known_hosts:3; Host "
                                   "key for h has changed; Host key verification "
                                   "failed."));
  EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("@@")));
  EXPECT_THAT(error.what(), ::testing::HasSubstr("ssh-keygen -R"));
}

/// A script that notes each start of a server.
class SftpPoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::sftp_server().empty()) GTEST_SKIP() << "no sftp-server is installed";
  }

  std::vector<std::string> counted(const std::string& then) const {
    return shell("echo x >>" + (directory_ / "starts") + "; " + then);
  }

  std::size_t starts() const {
    const std::string path = directory_ / "starts";
    return std::filesystem::exists(path) ? std::filesystem::file_size(path) / 2 : 0;
  }

  test::TemporaryDirectory directory_;
};

TEST_F(SftpPoolTest, MakesAnotherConnectionWhenAllAreBusy) {
  SftpPool pool({.command = counted("exec " + test::sftp_server())}, 2);
  std::vector<std::unique_ptr<SftpCall>> calls;
  for (int i = 0; i < 4; ++i) calls.emplace_back(new SftpCall(pool.begin_call({})));
  EXPECT_EQ(starts(), 1U);
  for (int i = 0; i < 20; ++i) calls.emplace_back(new SftpCall(pool.begin_call({})));
  EXPECT_EQ(starts(), 2U);
  for (const auto& call : calls) EXPECT_EQ(call->ask(question()).type(), SftpType::kAttributes);
}

TEST_F(SftpPoolTest, MakesDoWithThoseItHasWhenThereMayBeNoMore) {
  SftpPool pool({.command = counted("test $(wc -l <" + (directory_ / "starts") +
                                    ") = 1 || exit 255; exec " + test::sftp_server())},
                5);
  std::vector<std::unique_ptr<SftpCall>> calls;
  for (int i = 0; i < 20; ++i) calls.emplace_back(new SftpCall(pool.begin_call({})));
  EXPECT_EQ(starts(), 2U);
  EXPECT_EQ(calls.back()->ask(question()).type(), SftpType::kAttributes);
}

TEST_F(SftpPoolTest, TriesForMoreAgainAfterSomeMinutes) {
  test::ManualTimer timer;
  SftpPool pool({.command = counted("test $(wc -l <" + (directory_ / "starts") +
                                    ") != 2 || exit 255; exec " + test::sftp_server())},
                3, timer);
  std::vector<std::unique_ptr<SftpCall>> calls;
  const auto begin_calls = [&] {
    for (int i = 0; i < 20; ++i) calls.emplace_back(new SftpCall(pool.begin_call({})));
  };
  begin_calls();
  EXPECT_EQ(starts(), 2U);
  timer.advance(std::chrono::minutes(4));
  begin_calls();
  EXPECT_EQ(starts(), 2U);
  timer.advance(std::chrono::minutes(1));
  begin_calls();
  EXPECT_EQ(starts(), 4U) << "the first, the one that failed, and as many as there may be";
}

TEST_F(SftpPoolTest, AsksNoServerAgainForMoreThatWantsToBeToldAPassword) {
  test::ManualTimer timer;
  SftpPool pool({.command = counted("test $(wc -l <" + (directory_ / "starts") +
                                    ") = 1 || { echo Permission denied >&2; exit 255; }; exec " +
                                    test::sftp_server())},
                3, timer);
  std::vector<std::unique_ptr<SftpCall>> calls;
  for (int i = 0; i < 20; ++i) calls.emplace_back(new SftpCall(pool.begin_call({})));
  timer.advance(std::chrono::hours(24));
  calls.emplace_back(new SftpCall(pool.begin_call({})));
  EXPECT_EQ(starts(), 2U);
}

TEST_F(SftpPoolTest, StartsAnewAfterABreak) {
  SftpPool pool({.command = counted("exec " + std::string(SNAPFS_SERVE_SFTP) +
                                    " --plain --die-at 2 " + test::sftp_server())},
                1);
  for (std::size_t round = 1; round <= 3; ++round) {
    SftpCall call = pool.begin_call({});
    EXPECT_EQ(call.ask(question()).type(), SftpType::kAttributes);
    EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "broke", [&] { call.ask(question()); }));
    EXPECT_EQ(starts(), round);
  }
}

TEST_F(SftpPoolTest, AHostThatIsNotFoundIsWrongAtFirstAndAwayLater) {
  const std::string not_found =
      "{ echo ssh: Could not resolve hostname h: Name or service not known >&2; exit 255; }";
  SftpPool never({.command = shell(not_found)}, 1);
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "is right", [&] { never.begin_call({}); }));
  SftpPool pool({.command = counted("test $(wc -l <" + (directory_ / "starts") + ") = 1 || " +
                                    not_found + "; exec " + std::string(SNAPFS_SERVE_SFTP) +
                                    " --plain --die-at 2 " + test::sftp_server())},
                1);
  {
    SftpCall call = pool.begin_call({});
    EXPECT_EQ(call.ask(question()).type(), SftpType::kAttributes);
    EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "broke", [&] { call.ask(question()); }));
  }
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "is right", [&] { pool.begin_call({}); }));
}

TEST_F(SftpPoolTest, AllWhoWaitForTheFirstConnectionFailWithIt) {
  // Only the first start waits for the test; whoever comes meanwhile waits for that one.
  SftpPool pool({.command = counted("while ! test -e " + (directory_ / "go") +
                                    "; do sleep 0.01; done; echo Permission denied >&2; exit 255")},
                5);
  std::vector<std::jthread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&pool] {
      EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, [&pool] { pool.begin_call({}); }));
    });
  }
  while (pool.waiting() < 7) std::this_thread::yield();
  directory_.write("go", "");
  callers.clear();
  EXPECT_EQ(starts(), 1U);
}

}  // namespace
}  // namespace snapfs
