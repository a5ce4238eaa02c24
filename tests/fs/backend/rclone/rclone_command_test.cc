// How rclone is started, and what it says.
#include "fs/backend/rclone/rclone_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using ::testing::ElementsAre;

TEST(RcloneCommand, ServesOnAPortInThePlaceOfAPipe) {
  EXPECT_THAT(rclone_command({}, "remote:path"),
              ElementsAre("rclone", "serve", "restic", "--b2-hard-delete", "--addr=127.0.0.1:0",
                          "remote:path"));
}

TEST(RcloneCommand, IsTheUsersWordsAsAShellSplitsThem) {
  EXPECT_THAT(
      rclone_command({.program = "'/opt/my programs/rclone' -v", .arguments = "serve restic"},
                     "r:"),
      ElementsAre("/opt/my programs/rclone", "-v", "serve", "restic", "--addr=127.0.0.1:0", "r:"));
  EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, "rclone.args",
                               [] { rclone_command({.arguments = "serve 'restic"}, "r:"); }));
}

TEST(RcloneCommand, ARemoteThatIsMissingIsNamed) {
  EXPECT_TRUE(
      test::fails_with(ErrorCode::kUsage, "rclone:REMOTE:PATH", [] { rclone_command({}, ""); }));
}

TEST(RcloneCommand, TheUserMaySayWhereItServes) {
  EXPECT_THAT(rclone_command({.arguments = "serve restic --addr 127.0.0.1:8123"}, "r:"),
              ElementsAre("rclone", "serve", "restic", "--addr", "127.0.0.1:8123", "r:"));
  EXPECT_THAT(rclone_command({.arguments = "serve restic --addr=:8123"}, "r:"),
              ElementsAre("rclone", "serve", "restic", "--addr=:8123", "r:"));
}

TEST(RcloneCommand, GetsItsOwnPasswordsAndNoOthers) {
  const char* const environment[] = {"RCLONE_CONFIG_S_PASSWORD=a=b", "RCLONE_CRYPT_PASSWORD2=c",
                                     "RESTIC_PASSWORD=d", "RCLONE_CONFIG=e", nullptr};
  EXPECT_THAT(rclone_passwords(environment),
              ElementsAre("RCLONE_CONFIG_S_PASSWORD=a=b", "RCLONE_CRYPT_PASSWORD2=c"));
}

TEST(RcloneCommand, SaysWhereItServesInTheWordsOfOldAndNewVersions) {
  EXPECT_EQ(served_url("2026/11/29 11:35:56 NOTICE: r: Serving restic REST API on "
                       "http://127.0.0.1:37955/"),
            "http://127.0.0.1:37955/");
  EXPECT_EQ(served_url("NOTICE: r: Serving restic REST API on [http://127.0.0.1:39047/]"),
            "http://127.0.0.1:39047/");
  EXPECT_EQ(served_url("r: Serving restic REST API on [http://127.0.0.1:1/ http://[::1]:1/]\r"),
            "http://127.0.0.1:1/");
  EXPECT_EQ(served_url("Serving restic REST API on http://h:1"), "http://h:1/");
  EXPECT_EQ(served_url("Serving restic REST API on unix:///s"), std::nullopt);
  EXPECT_EQ(served_url("NOTICE: Config file not found"), std::nullopt);
}

TEST(RcloneCommand, WhatItSaysOfMissingFilesIsNoNews) {
  EXPECT_FALSE(is_news("2026/11/29 20:03:15 ERROR : keys: error listing: directory not found"));
  EXPECT_FALSE(is_news("2026/11/29 20:03:30 NOTICE: Failed to restic: directory not found"));
  EXPECT_FALSE(is_news("ERROR : config: Get request failed: object not found"));
  EXPECT_FALSE(
      is_news("NOTICE: Config file \"/root/.config/rclone/rclone.conf\" not found - using "
              "defaults"));
  EXPECT_TRUE(is_news("ERROR : data: error listing: googleapi: Error 403: Quota exceeded"));
  EXPECT_TRUE(
      is_news("CRITICAL: Failed to create file system for \"x:\": didn't find section in "
              "config file (\"x\")"));
}

TEST(RcloneCommand, ConnectionStringsAreNotShown) {
  EXPECT_EQ(shown_remote("remote:path/a,b"), "remote:path/a,b");
  EXPECT_EQ(shown_remote("remote:"), "remote:");
  EXPECT_EQ(shown_remote("remote,shared_with_me:a"), "remote,shared_with_me:a");
  EXPECT_EQ(shown_remote("/srv/a,b:c"), "/srv/a,b:c");
  EXPECT_EQ(shown_remote(":s3,access_key_id=x,secret_access_key=y:bucket/r"), ":s3,***:bucket/r");
  EXPECT_EQ(shown_remote("remote,pass='a:b':path"), "remote,***:path");
}

}  // namespace
}  // namespace snapfs
