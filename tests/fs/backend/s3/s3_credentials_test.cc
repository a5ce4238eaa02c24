// Where credentials are found, in which order, and what is said when there are none.
#include "fs/backend/s3/s3_credentials.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/fs/backend/s3/credential_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

using S3CredentialsTest = test::CredentialBench;

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

TEST_F(S3CredentialsTest, SaysWhatToDoWhenThereAreNone) {
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials,
                         "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", [&] { get(); }));
  answer_as_machine("");
  services.answers["GET " + std::string(kMachine) + "meta-data/iam/security-credentials/"] = {404,
                                                                                              ""};
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "~/.aws/credentials", [&] { get(); }));
}

}  // namespace
}  // namespace snapfs
