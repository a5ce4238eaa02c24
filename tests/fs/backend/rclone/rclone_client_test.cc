// rclone as our own process: real, and in the shape of scripts that misbehave.
#include "fs/backend/rclone/rclone_client.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/http/curl_client.h"
#include "fs/base/file.h"
#include "tests/support/answering_client.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/server_process.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::fails_with;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class RcloneClientTest : public ::testing::Test {
 protected:
  /// A program in the place of rclone.
  std::string script(const std::string& text) const {
    const std::string path = directory_.write("rclone", "#!/bin/sh\n" + text + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  /// Answered by the test instead of over the network.
  std::unique_ptr<RcloneClient> client(RcloneOptions options, const std::string& remote = "r:x") {
    return std::make_unique<RcloneClient>(
        std::move(options), remote,
        [this](const std::string& line) {
          const std::lock_guard lock(mutex_);
          lines_.push_back(line);
        },
        [this] {
          return std::make_unique<test::AnsweringClient>(
              seen_, [this](const HttpRequest& request) -> HttpResponse {
                if (request.method == "GET" && on_get_) on_get_();
                return {200, {}, {}};
              });
        });
  }

  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  std::string content(const std::string& name) const {
    std::ifstream in(directory_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static void get(HttpClient& client, const StopToken& stop = {}) {
    client.perform({.method = "GET", .url = "config"}, stop);
  }

  test::TemporaryDirectory directory_;
  test::SeenRequests seen_;
  std::function<void()> on_get_;

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Open for writing in a program and all that it starts, so that a reader sees when none of them is
/// left.
class LifeLine {
 public:
  explicit LifeLine(const test::TemporaryDirectory& directory) : path_(directory / "life") {
    if (::mkfifo(path_.c_str(), 0600) != 0) throw std::runtime_error("no fifo");
    reader_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }

  /// What a script does to hold it.
  std::string held() const { return "exec 3> " + path_ + "; "; }

  /// Whether somebody holds it; to be asked when somebody did.
  bool is_held() const {
    char byte = 0;
    return ::read(reader_.get(), &byte, 1) < 0;  // nothing to read, but there may be
  }

  void wait_until_let_go() const {
    pollfd polled{reader_.get(), POLLIN, 0};
    while (is_held()) ::poll(&polled, 1, -1);
  }

 private:
  const std::string path_;
  UniqueFd reader_;
};

/// Serves until it is ended, and tells of itself in files.
std::string serving(const test::TemporaryDirectory& directory) {
  return "echo $$ >> " + (directory / "pids") + "; echo \"$RCLONE_USER:$RCLONE_PASS\" > " +
         (directory / "who") + "; echo \"$@\" > " + (directory / "words") +
         "; echo 'NOTICE: Serving restic REST API on http://127.0.0.1:12345/' >&2; exec sleep 1000";
}

TEST_F(RcloneClientTest, StartsItOnceAndTellsItWhoAsksThroughItsEnvironment) {
  const auto client = this->client({.program = script(serving(directory_))});
  EXPECT_THAT(content("pids"), "");
  get(*client);
  get(*client);
  const std::string pid = content("pids");
  EXPECT_EQ(std::count(pid.begin(), pid.end(), '\n'), 1);
  EXPECT_EQ(content("words"), "serve restic --b2-hard-delete --addr=127.0.0.1:0 r:x\n");
  const auto requests = seen_.all();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[1].url, "http://127.0.0.1:12345/config");
  EXPECT_THAT(requests[1].header("Authorization"), ::testing::StartsWith("Basic "));
  EXPECT_THAT(content("who"), ::testing::MatchesRegex("snapfs:[0-9a-f]+\n"));
  EXPECT_THAT(lines(), ::testing::IsEmpty());
}

TEST_F(RcloneClientTest, GetsWhatOpensStorageButNoPasswordOfOurs) {
  const test::ScopedVariable ours("SNAPFS_FROM_REPOSITORY", "rest:https://u:secret@h/");
  const test::ScopedVariable proxy("HTTPS_PROXY", "http://u:proxys@proxy:3128");
  const test::ScopedVariable token("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token");
  const auto client = this->client(
      {.program = script("env | grep -c secret > " + (directory_ / "seen") +
                         "; echo \"$HTTPS_PROXY $AWS_CONTAINER_AUTHORIZATION_TOKEN\" >> " +
                         (directory_ / "seen") + "; " + serving(directory_))});
  get(*client);
  EXPECT_EQ(content("seen"), "0\nhttp://u:proxys@proxy:3128 token\n");
}

TEST_F(RcloneClientTest, IsEndedWithTheClientAndAllThatItStarted) {
  const LifeLine life(directory_);
  auto client =
      this->client({.program = script(life.held() + "sleep 1000 & " + serving(directory_))});
  get(*client);
  EXPECT_TRUE(life.is_held());
  client.reset();
  life.wait_until_let_go();
}

TEST_F(RcloneClientTest, OneThatDoesNotEndIsKilled) {
  const LifeLine life(directory_);
  const RcloneOptions options = {
      .program = script("trap '' TERM; " + life.held() + serving(directory_)),
      .end_timeout = std::chrono::milliseconds(100)};
  // Now and then it serves before the one who is to end it is ready for that.
  for (int i = 0; i < 10; ++i) {
    auto client = this->client(options);
    get(*client);
    EXPECT_TRUE(life.is_held());
    client.reset();
    life.wait_until_let_go();
  }
}

TEST_F(RcloneClientTest, OneThatEndsBeforeItServesIsAnErrorWithItsWords) {
  const auto client =
      this->client({.program = script("echo 'CRITICAL: no section for \":s3,secret=y:b\"' >&2")},
                   ":s3,secret=y:b");
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "no section for \":s3,***:b\"", [&] { get(*client); }));
  EXPECT_THAT(lines(), Contains(HasSubstr("no section")));
  EXPECT_THAT(lines(), Not(Contains(HasSubstr("secret"))));
}

TEST_F(RcloneClientTest, AllWhoWaitForItFailWithItsStart) {
  const auto client = this->client(
      {.program = script("echo >> " + (directory_ / "starts") + "; while ! test -e " +
                         (directory_ / "go") + "; do sleep 0.01; done; echo 'no section' >&2")});
  std::vector<std::jthread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back(
        [&] { EXPECT_TRUE(fails_with(ErrorCode::kUsage, "no section", [&] { get(*client); })); });
  }
  while (client->waiting() < 7) std::this_thread::yield();
  directory_.write("go", "");
  callers.clear();
  EXPECT_EQ(content("starts"), "\n");
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "no section", [&] { get(*client); }));
  EXPECT_EQ(content("starts"), "\n\n") << "whoever asks later has it tried again";
}

TEST_F(RcloneClientTest, OneThatIsNotThereIsAnError) {
  const auto client = this->client({.program = directory_ / "nothing"});
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "nothing: ", [&] { get(*client); }));
}

TEST_F(RcloneClientTest, OneThatAsksGetsNoAnswer) {
  const auto client = this->client(
      {.program = script("printf 'Enter password: ' >&2; read -r word || echo 'no input' >&2")});
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "no input", [&] { get(*client); }));
}

TEST_F(RcloneClientTest, OneThatNeverServesIsGivenUp) {
  const auto client = this->client({.program = script("echo nonsense >&2; exec sleep 1000"),
                                    .start_timeout = std::chrono::milliseconds(200)});
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "rclone.timeout", [&] { get(*client); }));
}

TEST_F(RcloneClientTest, AStopEndsTheWaitForIt) {
  const std::string started = directory_ / "started";
  ASSERT_EQ(::mkfifo(started.c_str(), 0600), 0);
  const auto client = this->client({.program = script("echo > " + started + "; exec sleep 1000")});
  StopSource source;
  std::jthread caller([&] {
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { get(*client, source.get_token()); }));
  });
  std::ifstream(started).get();  // waits for the script
  source.request_stop();
}

TEST_F(RcloneClientTest, OneThatEndedIsStartedAgain) {
  const auto client = this->client({.program = script(serving(directory_))});
  get(*client);
  const pid_t first = std::stoi(content("pids"));
  on_get_ = [&] {
    ::kill(first, SIGKILL);
    throw Error(ErrorCode::kUnavailable, "reset");
  };
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, [&] { get(*client); }));
  on_get_ = {};
  std::string pids;
  // The reader may not have noticed yet; then the old one is asked, as far as it goes.
  while (pids.find('\n') == pids.rfind('\n')) {
    get(*client);
    pids = content("pids");
  }
  EXPECT_NE(std::stoi(pids.substr(pids.find('\n') + 1)), first);
}

/// A mount drops them from its environment.
TEST_F(RcloneClientTest, OneThatIsStartedAgainGetsThePasswordsOfTheBeginning) {
  constexpr const char* kName = "RCLONE_CONFIG_TESTED_PASSWORD";
  ASSERT_EQ(::setenv(kName, "hidden", 1), 0);
  const auto client =
      this->client({.program = script("echo \"$RCLONE_CONFIG_TESTED_PASSWORD\" >> " +
                                      (directory_ / "seen") + "; " + serving(directory_))});
  ::unsetenv(kName);
  get(*client);
  ::kill(std::stoi(content("pids")), SIGKILL);
  while (content("pids").find('\n') == content("pids").rfind('\n')) {
    try {
      get(*client);
    } catch (const Error&) {
      continue;  // while the old one goes
    }
  }
  EXPECT_EQ(content("seen"), "hidden\nhidden\n");
}

TEST_F(RcloneClientTest, OneThatCannotBeStartedAgainMayBeLater) {
  const auto client = this->client(
      {.program = script("[ -e " + (directory_ / "pids") +
                         " ] && { echo 'cannot now' >&2; exit 1; }; " + serving(directory_))});
  get(*client);
  ::kill(std::stoi(content("pids")), SIGKILL);
  for (;;) {
    try {
      get(*client);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
      EXPECT_THAT(error.what(), HasSubstr("cannot now"));
      break;
    }
  }
}

/// Whoever is killed has no time to clean up.
TEST_F(RcloneClientTest, EndsWhenItsUserIsKilled) {
  const LifeLine life(directory_);
  const std::string program = script(life.held() + serving(directory_));
  const pid_t user = ::fork();
  if (user == 0) {
    const auto client = this->client({.program = program});
    get(*client);
    ::raise(SIGKILL);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(user, &status, 0), user);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_NE(content("pids"), "");
  life.wait_until_let_go();
}

TEST_F(RcloneClientTest, TheRealOneLetsInOnlyUs) {
  const auto rclone = test::find_program("rclone", "SNAPFS_TEST_RCLONE");
  if (!rclone) GTEST_SKIP() << "rclone is not installed";
  const test::ScopedVariable config("RCLONE_CONFIG", (directory_ / "rclone.conf").c_str());
  directory_.write("data/config", "content");
  RcloneServer server({.program = *rclone}, directory_ / "data", {}, {});
  CurlClient http{CurlClientOptions{}};
  const std::string url = server.url() + "config";
  EXPECT_EQ(http.perform({.method = "GET", .url = url}, {}).status, 401);
  const HttpResponse answer = http.perform(
      {.method = "GET", .url = url, .headers = {{"Authorization", server.authorization()}}}, {});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, test::to_bytes("content"));
}

}  // namespace
}  // namespace snapfs
