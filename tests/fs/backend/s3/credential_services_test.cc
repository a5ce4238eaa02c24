// Services that give credentials to containers and machines.
#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/fs/backend/s3/credential_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

using CredentialServicesTest = test::CredentialBench;

TEST_F(CredentialServicesTest, ContainersHaveAService) {
  variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/x";
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "who";
  services.answers["GET http://169.254.170.2/v2/x"] = {200, json("container")};
  const S3Credentials credentials = get();
  EXPECT_EQ(credentials.key_id, "container");
  EXPECT_EQ(credentials.session_token, "t");
  ASSERT_TRUE(credentials.expires_at);
  EXPECT_EQ(credentials.expires_at->seconds, clock.now().seconds + 3600);
  EXPECT_EQ(services.asked[0].headers[0].second, "who");
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = home.write("token", "file\n");
  get();
  EXPECT_EQ(services.asked[1].headers[0].second, "file");
}

TEST_F(CredentialServicesTest, ContainersMayNameAPlaceThatIsNear) {
  for (const char* const url :
       {"http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]/x", "https://far.example/x",
        "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1/credentials"}) {
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    services.answers[std::string("GET ") + url] = {200, json("near")};
    EXPECT_EQ(get().key_id, "near") << url;
  }
  services.asked.clear();
  for (const char* const url :
       {"http://far.example/x", "http://127.0.0.1.far.example/x", "http://localhost.far.example/x",
        "http://127.far/x", "file:///x", "http://169.254.170.255/x"}) {
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "FULL_URI", [&] { get(); })) << url;
  }
  EXPECT_TRUE(services.asked.empty());
}

TEST_F(CredentialServicesTest, AServiceThatGivesNoneSaysSo) {
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1/x";
  auto& answer = services.answers["GET http://127.0.0.1/x"];
  answer = {404, ""};
  EXPECT_TRUE(
      fails_with(ErrorCode::kWrongCredentials, "http://127.0.0.1 answered 404", [&] { get(); }));
  answer = {500, ""};
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "answered 500", [&] { get(); }));
  for (const char* const odd : {"", "<html>", "{}", "[]", R"({"AccessKeyId":1})"}) {
    answer = {200, odd};
    EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "does not understand", [&] { get(); }))
        << odd;
  }
}

TEST_F(CredentialServicesTest, MachinesHaveAServiceThatWantsAToken) {
  answer_as_machine(json("machine"));
  EXPECT_EQ(get().key_id, "machine");
  ASSERT_EQ(services.asked.size(), 3U);
  EXPECT_EQ(services.asked[0].headers[0].first, "x-aws-ec2-metadata-token-ttl-seconds");
  EXPECT_EQ(services.asked[2].headers[0], HttpHeader("x-aws-ec2-metadata-token", "a token"));
  variables["AWS_EC2_METADATA_DISABLED"] = "true";
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, [&] { get(); }));
  EXPECT_EQ(services.asked.size(), 3U);
}

TEST_F(CredentialServicesTest, AMachineThatNeverAnswersHasASecond) {
  class Silence final : public HttpClient {
   public:
    HttpResponse perform(const HttpRequest& /*request*/, const StopToken& stop) override {
      never.require_wait(std::chrono::hours(1), stop);
      return {};
    }
    test::ManualTimer never;
  };
  Silence silence;
  test::InstantTimer instant;
  FoundCredentials source([](std::string_view) { return std::nullopt; }, silence, clock, instant);
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, [&] { source.get({}); }));
  StopSource stop;
  stop.request_stop();
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { source.get(stop.get_token()); }));
}

TEST_F(CredentialServicesTest, AServiceIsLeftAloneAsLongAsItAsks) {
  const auto wait_asked_for = [&]() -> std::optional<std::chrono::milliseconds> {
    try {
      get();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
      return error.retry_after();
    }
    ADD_FAILURE() << "nothing failed";
    return std::nullopt;
  };
  services.headers = {{"retry-after", "30"}};
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1/x";
  services.answers["GET http://127.0.0.1/x"] = {503, ""};
  EXPECT_EQ(wait_asked_for(), std::chrono::seconds(30));
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = home.write("token", "x");
  variables["AWS_ROLE_ARN"] = "r";
  services.answers["POST https://sts.amazonaws.com/"] = {429, ""};
  EXPECT_EQ(wait_asked_for(), std::chrono::seconds(30));
  services.headers.clear();
  EXPECT_EQ(wait_asked_for(), std::nullopt);
}

}  // namespace
}  // namespace snapfs
