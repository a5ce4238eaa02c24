// Where credentials are found, in which order, and what is said when there are none.
#include "fs/backend/s3/s3_credentials.h"

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fs/base/synchronized.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/manual_clock.h"
#include "tests/support/manual_timer.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::to_bytes;

/// Answers by URL; what it does not know never answers.
class FakeServices final : public HttpClient {
 public:
  HttpResponse perform(const HttpRequest& request, const StopToken& stop) override {
    throw_if_stopped(stop);
    asked.push_back(request);
    bodies.emplace_back(as_text(request.body));
    const auto found = answers.find(request.method + " " + request.url);
    if (found == answers.end()) throw Error(ErrorCode::kUnavailable, "nobody is there");
    HttpResponse response{.status = found->second.first, .headers = headers};
    response.body = to_bytes(found->second.second);
    return response;
  }

  std::map<std::string, std::pair<int, std::string>> answers;
  std::vector<HttpHeader> headers;  ///< of all answers
  std::vector<HttpRequest> asked;
  std::vector<std::string> bodies;  ///< those of the requests are no longer there
};

class S3CredentialsTest : public ::testing::Test {
 protected:
  S3CredentialsTest() { variables["HOME"] = home / ""; }

  FoundCredentials make() {
    return FoundCredentials(
        [this](std::string_view name) -> std::optional<std::string> {
          const auto found = variables.find(std::string(name));
          if (found == variables.end()) return std::nullopt;
          return found->second;
        },
        services, clock, timer, region);
  }

  S3Credentials get() { return *make().get({}); }

  /// Of temporary credentials that end in an hour of the clock's.
  static std::string json(std::string_view id, std::string_view expires = "2026-11-23T00:37:41Z") {
    return R"({"Code":"Success","AccessKeyId":")" + std::string(id) +
           R"(","SecretAccessKey":"s","Token":"t","Expiration":")" + std::string(expires) + "\"}";
  }

  /// The answer of a security token service to `call`.
  static std::string sts(const std::string& call, const std::string& id,
                         const std::string& expires = "2026-11-23T00:37:41Z") {
    return "<" + call + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + call +
           "Result><Credentials><AccessKeyId>" + id +
           "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
           "<Expiration>" +
           expires + "</Expiration></Credentials></" + call + "Result></" + call + "Response>";
  }

  static std::string header_of(const HttpRequest& request, std::string_view name) {
    for (const auto& [other, value] : request.headers) {
      if (other == name) return value;
    }
    return "";
  }

  static constexpr const char* kMachine = "http://169.254.169.254/latest/";

  void answer_as_machine(const std::string& answer) {
    const std::string base(kMachine);
    services.answers["PUT " + base + "api/token"] = {200, "a token"};
    services.answers["GET " + base + "meta-data/iam/security-credentials/"] = {200, "role\n"};
    services.answers["GET " + base + "meta-data/iam/security-credentials/role"] = {200, answer};
  }

  const test::TemporaryDirectory home;
  std::map<std::string, std::string> variables;
  std::string region;
  FakeServices services;
  test::ManualClock clock;
  test::ManualTimer timer;  // so that a service has all the time it takes
};

TEST_F(S3CredentialsTest, VariablesComeFirst) {
  home.write(".aws/credentials", "[default]\naws_access_key_id=f\naws_secret_access_key=f\n");
  variables["AWS_ACCESS_KEY_ID"] = "id";
  variables["AWS_SECRET_ACCESS_KEY"] = "secret";
  EXPECT_EQ(get().key_id, "id");
  EXPECT_EQ(get().secret, "secret");
  EXPECT_EQ(get().session_token, "");
  variables["AWS_SESSION_TOKEN"] = "token";
  EXPECT_EQ(get().session_token, "token");
}

TEST_F(S3CredentialsTest, OneOfTwoVariablesIsAMistake) {
  variables["AWS_ACCESS_KEY_ID"] = "id";
  EXPECT_TRUE(
      fails_with(ErrorCode::kWrongCredentials, "AWS_SECRET_ACCESS_KEY is not", [&] { get(); }));
  variables.erase("AWS_ACCESS_KEY_ID");
  variables["AWS_SECRET_ACCESS_KEY"] = "secret";
  try {
    get();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kWrongCredentials);
    EXPECT_EQ(std::string(error.what()).find("secret "), std::string::npos);
  }
}

TEST_F(S3CredentialsTest, FilesHaveProfiles) {
  home.write(".aws/credentials",
             "# mine\n[default]\naws_access_key_id = d\naws_secret_access_key=ds=x\n\n"
             "[ work ]\r\n  nested = 1\nAWS_ACCESS_KEY_ID=w\r\naws_secret_access_key = ws\r\n"
             "aws_session_token = wt\n");
  EXPECT_EQ(get().key_id, "d");
  EXPECT_EQ(get().secret, "ds=x");
  variables["AWS_PROFILE"] = "work";
  EXPECT_EQ(get().key_id, "w");
  EXPECT_EQ(get().secret, "ws");
  EXPECT_EQ(get().session_token, "wt");
  variables["AWS_PROFILE"] = "play";
  EXPECT_TRUE(
      fails_with(ErrorCode::kWrongCredentials, "\"play\" (AWS_PROFILE) is not in", [&] { get(); }));
}

TEST_F(S3CredentialsTest, TheConfigFileCallsThemOtherwise) {
  home.write(
      ".aws/config",
      "[default]\nregion=x\n[profile work]\naws_access_key_id=w\naws_secret_access_key=ws\n");
  variables["AWS_PROFILE"] = "work";
  EXPECT_EQ(get().key_id, "w");
  home.write(".aws/credentials", "[work]\naws_access_key_id=c\naws_secret_access_key=cs\n");
  EXPECT_EQ(get().key_id, "c");
  variables["AWS_CONFIG_FILE"] = home.write("other",
                                            "[profile elsewhere]\naws_access_key_id=e\n"
                                            "aws_secret_access_key=es\n");
  variables["AWS_PROFILE"] = "elsewhere";
  EXPECT_EQ(get().key_id, "e");
}

TEST_F(S3CredentialsTest, TheFileMayBeElsewhere) {
  variables["AWS_SHARED_CREDENTIALS_FILE"] =
      home.write("keys", "[default]\naws_access_key_id=k\naws_secret_access_key=s\n");
  EXPECT_EQ(get().key_id, "k");
}

TEST_F(S3CredentialsTest, HalfAProfileIsAMistake) {
  home.write(".aws/credentials", "[default]\naws_access_key_id=k\n");
  EXPECT_TRUE(
      fails_with(ErrorCode::kWrongCredentials, "has no aws_secret_access_key", [&] { get(); }));
}

TEST_F(S3CredentialsTest, WhatIsNotUnderstoodIsNotPassedOver) {
  home.write(".aws/config", "[default]\ncredential_process=/bin/x\n");
  answer_as_machine(json("machine"));
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "export-credentials", [&] { get(); }));
}

constexpr const char* kWeb = "AssumeRoleWithWebIdentity";

TEST_F(S3CredentialsTest, AWebIdentityIsExchangedForARole) {
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = home.write("token", "a.b+c\n");
  variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/r";
  auto& answer = services.answers["POST https://sts.amazonaws.com/"];
  answer = {200, sts(kWeb, "web")};
  const S3Credentials credentials = get();
  EXPECT_EQ(credentials.key_id, "web");
  EXPECT_EQ(credentials.session_token, "t");
  ASSERT_TRUE(credentials.expires_at);
  EXPECT_EQ(credentials.expires_at->seconds, clock.now().seconds + 3600);
  EXPECT_EQ(services.bodies[0],
            "Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&"
            "RoleSessionName=snapfs&Version=2011-06-15&WebIdentityToken=a.b%2Bc");
  EXPECT_EQ(header_of(services.asked[0], "Authorization"), "");

  // Whoever writes the token writes a new one in time.
  home.write("token", "later");
  variables["AWS_ROLE_SESSION_NAME"] = "me";
  get();
  EXPECT_TRUE(services.bodies[1].ends_with("WebIdentityToken=later"));
  EXPECT_NE(services.bodies[1].find("RoleSessionName=me"), std::string::npos);
}

TEST_F(S3CredentialsTest, TheServiceOfRolesIsTheRegions) {
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = home.write("token", "x");
  variables["AWS_ROLE_ARN"] = "r";
  for (const auto& [where, url] :
       {std::pair("eu-west-1", "https://sts.eu-west-1.amazonaws.com/"),
        std::pair("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/")}) {
    region = where;
    services.answers[std::string("POST ") + url] = {200, sts(kWeb, where)};
    EXPECT_EQ(get().key_id, where);
  }
  variables["AWS_ENDPOINT_URL_STS"] = "http://ceph.example:8000/ignored";
  services.answers["POST http://ceph.example:8000/"] = {200, sts(kWeb, "ceph")};
  EXPECT_EQ(get().key_id, "ceph");
  variables["AWS_ENDPOINT_URL_STS"] = "ceph.example";
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "https://", [&] { get(); }));
}

TEST_F(S3CredentialsTest, ARoleThatIsRefusedSaysWhatToCheck) {
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = home.write("token", "secret-token");
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "AWS_ROLE_ARN is not", [&] { get(); }));
  variables["AWS_ROLE_ARN"] = "r";
  auto& answer = services.answers["POST https://sts.amazonaws.com/"];
  answer = {403,
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not\nyou</Message></Error>"
            "</ErrorResponse>"};
  try {
    get();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kWrongCredentials);
    const std::string words = error.what();
    EXPECT_NE(words.find("AccessDenied"), std::string::npos) << words;
    EXPECT_NE(words.find("\"Not you\": check that the role trusts"), std::string::npos) << words;
    EXPECT_EQ(words.find("secret-token"), std::string::npos) << words;
  }
  answer = {503, ""};
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "answered 503", [&] { get(); }));
  for (const std::string& odd : {std::string(), std::string("<html/>"), sts(kWeb, "")}) {
    answer = {200, odd};
    EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "security token service", [&] { get(); }))
        << odd;
  }
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = home / "none";
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { get(); }));
}

TEST_F(S3CredentialsTest, ARoleWithoutATokenIsPassedOver) {
  variables["AWS_ROLE_ARN"] = "arn:r";
  answer_as_machine(json("machine"));
  EXPECT_EQ(get().key_id, "machine");
}

TEST_F(S3CredentialsTest, AServiceIsLeftAloneAsLongAsItAsks) {
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

TEST_F(S3CredentialsTest, ARoleIsAssumedWithWhateverIsFound) {
  variables["AWS_ACCESS_KEY_ID"] = "AKIDEXAMPLE";
  variables["AWS_SECRET_ACCESS_KEY"] = "secret";
  variables["AWS_SESSION_TOKEN"] = "own";
  variables["RESTIC_AWS_ASSUME_ROLE_ARN"] = "arn:r";
  auto& answer = services.answers["POST https://sts.amazonaws.com/"];
  answer = {200, sts("AssumeRole", "role")};
  EXPECT_EQ(get().key_id, "role");
  EXPECT_EQ(services.bodies[0],
            "Action=AssumeRole&DurationSeconds=3600&RoleArn=arn%3Ar&RoleSessionName=snapfs&"
            "Version=2011-06-15");
  EXPECT_EQ(header_of(services.asked[0], "x-amz-security-token"), "own");
  const std::string signature = header_of(services.asked[0], "Authorization");
  EXPECT_NE(signature.find("Credential=AKIDEXAMPLE/20261122/us-east-1/sts/aws4_request"),
            std::string::npos)
      << signature;

  // All that restic knows of it, by either name.
  variables["RESTIC_AWS_ASSUME_ROLE_REGION"] = "eu-west-1";
  variables["RESTIC_AWS_ASSUME_ROLE_SESSION_NAME"] = "theirs";
  variables["SNAPFS_AWS_ASSUME_ROLE_SESSION_NAME"] = "ours";
  variables["RESTIC_AWS_ASSUME_ROLE_EXTERNAL_ID"] = "e";
  variables["RESTIC_AWS_ASSUME_ROLE_POLICY"] = "{}";
  variables["RESTIC_AWS_ASSUME_ROLE_STS_ENDPOINT"] = "https://sts.example";
  services.answers["POST https://sts.example/"] = {200, sts("AssumeRole", "other")};
  EXPECT_EQ(get().key_id, "other");
  EXPECT_EQ(services.bodies[1],
            "Action=AssumeRole&DurationSeconds=3600&ExternalId=e&Policy=%7B%7D&RoleArn=arn%3Ar&"
            "RoleSessionName=ours&Version=2011-06-15");
  EXPECT_NE(header_of(services.asked[1], "Authorization").find("/eu-west-1/sts/"),
            std::string::npos);
}

TEST_F(S3CredentialsTest, ARoleIsAssumedAgainBeforeItEnds) {
  answer_as_machine(json("machine", "2026-11-24T00:37:41Z"));
  variables["RESTIC_AWS_ASSUME_ROLE_ARN"] = "arn:r";
  auto& answer = services.answers["POST https://sts.amazonaws.com/"];
  answer = {200, sts("AssumeRole", "first")};
  FoundCredentials source = make();
  const auto first = source.get({});
  EXPECT_EQ(first->key_id, "first");
  answer = {200, sts("AssumeRole", "second", "2026-11-23T01:37:41Z")};
  clock.advance(std::chrono::minutes(58));
  EXPECT_EQ(source.get({})->key_id, "second");
  answer = {200, sts("AssumeRole", "third", "2026-11-23T01:37:41Z")};
  EXPECT_TRUE(source.renew(*source.get({})));
  EXPECT_EQ(source.get({})->key_id, "third");
}

TEST_F(S3CredentialsTest, ContainersHaveAService) {
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

TEST_F(S3CredentialsTest, ContainersMayNameAPlaceThatIsNear) {
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

TEST_F(S3CredentialsTest, AServiceThatGivesNoneSaysSo) {
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

TEST_F(S3CredentialsTest, MachinesHaveAServiceThatWantsAToken) {
  answer_as_machine(json("machine"));
  EXPECT_EQ(get().key_id, "machine");
  ASSERT_EQ(services.asked.size(), 3U);
  EXPECT_EQ(services.asked[0].headers[0].first, "x-aws-ec2-metadata-token-ttl-seconds");
  EXPECT_EQ(services.asked[2].headers[0], HttpHeader("x-aws-ec2-metadata-token", "a token"));
  variables["AWS_EC2_METADATA_DISABLED"] = "true";
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, [&] { get(); }));
  EXPECT_EQ(services.asked.size(), 3U);
}

TEST_F(S3CredentialsTest, SaysWhatToDoWhenThereAreNone) {
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials,
                         "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", [&] { get(); }));
  answer_as_machine("");
  services.answers["GET " + std::string(kMachine) + "meta-data/iam/security-credentials/"] = {404,
                                                                                              ""};
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "~/.aws/credentials", [&] { get(); }));
}

TEST_F(S3CredentialsTest, AMachineThatNeverAnswersHasASecond) {
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

TEST_F(S3CredentialsTest, TemporaryOnesAreReplacedBeforeTheyExpire) {
  answer_as_machine(json("first"));
  FoundCredentials source = make();
  EXPECT_EQ(source.get({})->key_id, "first");
  answer_as_machine(json("second", "2026-11-23T01:37:41Z"));
  clock.advance(std::chrono::minutes(50));
  EXPECT_EQ(source.get({})->key_id, "first");
  clock.advance(std::chrono::minutes(7));
  EXPECT_EQ(source.get({})->key_id, "second");
}

TEST_F(S3CredentialsTest, OldOnesAreUsedToTheirEnd) {
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

TEST_F(S3CredentialsTest, AfterAFailureNobodyAsksForAWhile) {
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

TEST_F(S3CredentialsTest, OneAsksForAll) {
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

TEST_F(S3CredentialsTest, OnesThatTheStorageRefusesAreReplaced) {
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

TEST_F(S3CredentialsTest, TemporaryOnesInAFileAreReadAgainWhenTheyAreRefused) {
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
