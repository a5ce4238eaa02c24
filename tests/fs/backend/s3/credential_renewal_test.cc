// When credentials are asked for anew, and by whom.
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fs/backend/s3/credential_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::to_bytes;

using CredentialRenewalTest = test::CredentialBench;

TEST_F(CredentialRenewalTest, TemporaryOnesAreReplacedBeforeTheyExpire) {
  answer_as_machine(json("first"));
  FoundCredentials source = make();
  EXPECT_EQ(source.get({})->key_id, "first");
  answer_as_machine(json("second", "2026-11-23T01:37:41Z"));
  clock.advance(std::chrono::minutes(50));
  EXPECT_EQ(source.get({})->key_id, "first");
  clock.advance(std::chrono::minutes(7));
  EXPECT_EQ(source.get({})->key_id, "second");
}

TEST_F(CredentialRenewalTest, OldOnesAreUsedToTheirEnd) {
  answer_as_machine(json("first"));
  FoundCredentials source = make();
  source.get({});
  services.answers.clear();
  clock.advance(std::chrono::minutes(59));
  EXPECT_EQ(source.get({})->key_id, "first");
  clock.advance(std::chrono::minutes(2));
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "expired", [&] { source.get({}); }));
  timer.advance(std::chrono::seconds(5));
  answer_as_machine(json("second", "2026-11-23T01:37:41Z"));
  EXPECT_EQ(source.get({})->key_id, "second");
}

TEST_F(CredentialRenewalTest, AfterAFailureNobodyAsksForAWhile) {
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1/x";
  auto& answer = services.answers["GET http://127.0.0.1/x"];
  answer = {503, ""};
  FoundCredentials source = make();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "answered 503", [&] { source.get({}); }));
  }
  EXPECT_EQ(services.asked.size(), 1U);
  timer.advance(std::chrono::seconds(5));
  services.headers = {{"retry-after", "30"}};
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, [&] { source.get({}); }));
  answer = {200, json("found")};
  timer.advance(std::chrono::seconds(29));
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, [&] { source.get({}); }));
  EXPECT_EQ(services.asked.size(), 2U);
  timer.advance(std::chrono::seconds(1));
  EXPECT_EQ(source.get({})->key_id, "found");
}

TEST_F(CredentialRenewalTest, OneAsksForAll) {
  /// Answers when the test lets it.
  class Slow final : public HttpClient {
   public:
    HttpResponse perform(const HttpRequest& /*request*/, const StopToken& stop) override {
      ++asked;
      gate.wait_until(Timer::TimePoint() + std::chrono::seconds(1), stop);
      HttpResponse response{.status = 200};
      response.body = to_bytes(json("found"));
      return response;
    }
    std::atomic<int> asked = 0;
    test::ManualTimer gate;
  };
  Slow slow;
  FoundCredentials source(
      [](std::string_view name) -> std::optional<std::string> {
        if (name == "AWS_CONTAINER_CREDENTIALS_FULL_URI") return "http://127.0.0.1/x";
        return std::nullopt;
      },
      slow, clock, timer);
  std::vector<std::jthread> callers;
  callers.emplace_back([&] { EXPECT_EQ(source.get({})->key_id, "found"); });
  EXPECT_TRUE(slow.gate.wait_until_waiting(1));
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&] { EXPECT_EQ(source.get({})->key_id, "found"); });
  }
  // Whoever waits for another one hears of a stop.
  StopSource stop;
  stop.request_stop();
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { source.get(stop.get_token()); }));
  slow.gate.advance(std::chrono::seconds(1));
  callers.clear();
  EXPECT_EQ(slow.asked, 1);
}

TEST_F(CredentialRenewalTest, OnesThatTheStorageRefusesAreReplaced) {
  answer_as_machine(json("first"));
  FoundCredentials source = make();
  const auto first = source.get({});
  answer_as_machine(json("second"));
  EXPECT_TRUE(source.renew(*first));
  EXPECT_EQ(source.get({})->key_id, "second");
  // Somebody else has replaced them already.
  EXPECT_TRUE(source.renew(*first));
  services.asked.clear();
  EXPECT_EQ(source.get({})->key_id, "second");
  EXPECT_TRUE(services.asked.empty());
  EXPECT_FALSE(source.renew({"id", "secret"}));
}

TEST_F(CredentialRenewalTest, TemporaryOnesInAFileAreReadAgainWhenTheyAreRefused) {
  const auto write = [&](const std::string& token) {
    home.write(".aws/credentials",
               "[default]\naws_access_key_id=k\naws_secret_access_key=s\n"
               "aws_session_token=" +
                   token + "\n");
  };
  write("old");
  FoundCredentials source = make();
  const auto old = source.get({});
  write("new");
  EXPECT_EQ(source.get({})->session_token, "old");
  EXPECT_TRUE(source.renew(*old));
  EXPECT_EQ(source.get({})->session_token, "new");
}

}  // namespace
}  // namespace snapfs
