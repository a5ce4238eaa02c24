// Roles, which a security token service gives.
#include <chrono>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/fs/backend/s3/credential_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::header_of;

using RoleCredentialsTest = test::CredentialBench;

constexpr const char* kWeb = "AssumeRoleWithWebIdentity";

TEST_F(RoleCredentialsTest, AWebIdentityIsExchangedForARole) {
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

TEST_F(RoleCredentialsTest, TheServiceOfRolesIsTheRegions) {
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

TEST_F(RoleCredentialsTest, ARoleThatIsRefusedSaysWhatToCheck) {
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

TEST_F(RoleCredentialsTest, ARoleWithoutATokenIsPassedOver) {
  variables["AWS_ROLE_ARN"] = "arn:r";
  answer_as_machine(json("machine"));
  EXPECT_EQ(get().key_id, "machine");
}

TEST_F(RoleCredentialsTest, ARoleIsAssumedWithWhateverIsFound) {
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

TEST_F(RoleCredentialsTest, ARoleIsAssumedAgainBeforeItEnds) {
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

}  // namespace
}  // namespace snapfs
