// What may be typed for a directory of a host that ssh reaches, and what ssh is started with then.
#include "fs/backend/sftp/sftp_location.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/backend/sftp/ssh_command.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using ::testing::ElementsAre;

/// user, host, port and path.
std::vector<std::string> parts_of(std::string_view text) {
  const SftpLocation location = SftpLocation::parse(text);
  return {location.user, location.host, location.port, location.path};
}

TEST(SftpLocation, ShortForm) {
  EXPECT_THAT(parts_of("host:dir"), ElementsAre("", "host", "", "dir"));
  EXPECT_THAT(parts_of("user@host:dir/below/"), ElementsAre("user", "host", "", "dir/below"));
  EXPECT_THAT(parts_of("user@host:/srv/repo"), ElementsAre("user", "host", "", "/srv/repo"));
  EXPECT_THAT(parts_of("user@host:/"), ElementsAre("user", "host", "", "/"));
  EXPECT_THAT(parts_of("user@host:"), ElementsAre("user", "host", "", ""));
  EXPECT_THAT(parts_of("user@domain@host:a@b:c"), ElementsAre("user@domain", "host", "", "a@b:c"));
  EXPECT_THAT(parts_of("host:a@[b]:c"), ElementsAre("", "host", "", "a@[b]:c"));
  EXPECT_THAT(parts_of("host:a%20b"), ElementsAre("", "host", "", "a%20b"));
  EXPECT_THAT(parts_of("host:a//./b/../c/"), ElementsAre("", "host", "", "a/c"));
  EXPECT_THAT(parts_of("host:../a"), ElementsAre("", "host", "", "../a"));
  EXPECT_THAT(parts_of("host:."), ElementsAre("", "host", "", ""));
}

TEST(SftpLocation, Url) {
  EXPECT_THAT(parts_of("//user@host//srv/repo"), ElementsAre("user", "host", "", "/srv/repo"));
  EXPECT_THAT(parts_of("//host//a/../b//c"), ElementsAre("", "host", "", "/b/c"));
  EXPECT_THAT(parts_of("//user@host/repo"), ElementsAre("user", "host", "", "repo"));
  EXPECT_THAT(parts_of("//host:2222/a/b/"), ElementsAre("", "host", "2222", "a/b"));
  EXPECT_THAT(parts_of("//us%40er@host/a%20b%25"), ElementsAre("us@er", "host", "", "a b%"));
}

TEST(SftpLocation, AddressesOfVersionSixAreInBrackets) {
  EXPECT_THAT(parts_of("[::1]:dir"), ElementsAre("", "::1", "", "dir"));
  EXPECT_THAT(parts_of("user@[fe80::1%eth0]:/d"), ElementsAre("user", "fe80::1%eth0", "", "/d"));
  EXPECT_THAT(parts_of("//user@[::1]:22//d"), ElementsAre("user", "::1", "22", "/d"));
  EXPECT_EQ(SftpLocation::parse("user@[::1]:d").text(), "sftp:user@[::1]:d");
}

TEST(SftpLocation, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "host",
                           "user@host",
                           "@host:d",
                           ":d",
                           "//",
                           "//host",
                           "//host/",
                           "//user@/d",
                           "//host:port/d",
                           "//host:/d",
                           "//host:123456/d",
                           "//host:65536/d",
                           "//host:0/d",
                           "//[::1/d",
                           "[::1:d",
                           "//[::1]x/d",
                           "-oProxyCommand=touch:d",
                           "user@-host:d",
                           "//-host/d",
                           "ho st:d",
                           "host:~/d",
                           "//host/~user/d",
                           "//host/%zz",
                           "//host/a%2",
                           "//host/a%00"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "write sftp:user@host:directory", [&] {
      SftpLocation::parse(text);
    })) << text;
  }
}

TEST(SftpLocation, DoesNotShowAPasswordThatItRefuses) {
  try {
    SftpLocation::parse("//user:secret@host/d");
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("secret")));
  }
}

TEST(SftpLocation, IsShownAsItCanBeTyped) {
  for (const char* text : {"host:d", "user@host:/d", "user@[::1]:d", "//user@host:22//d"}) {
    const SftpLocation location = SftpLocation::parse(text);
    EXPECT_EQ(location.text(), std::string("sftp:") + text);
  }
}

std::vector<std::string> command_for(std::string_view text,
                                     const std::map<std::string, std::string>& set) {
  BackendOptions options("sftp", set);
  std::vector<std::string> command = ssh_command(SftpLocation::parse(text), options);
  options.finish();
  return command;
}

TEST(SshCommand, IsWhatTheLocationSays) {
  EXPECT_THAT(command_for("host:d", {}), ElementsAre("ssh", "-s", "--", "host", "sftp"));
  EXPECT_THAT(command_for("//u@host:22/d", {}),
              ElementsAre("ssh", "-p", "22", "-l", "u", "-s", "--", "host", "sftp"));
}

TEST(SshCommand, CanBeAddedToOrReplaced) {
  EXPECT_THAT(command_for("u@host:d", {{"sftp.args", "-i 'a key' -v"}}),
              ElementsAre("ssh", "-l", "u", "-i", "a key", "-v", "-s", "--", "host", "sftp"));
  EXPECT_THAT(command_for("u@host:d", {{"sftp.command", "my-ssh \"a b\""}}),
              ElementsAre("my-ssh", "a b"));
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "exclude each other", [] {
    command_for("host:d", {{"sftp.command", "x"}, {"sftp.args", "y"}});
  }));
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "sftp.args has an open quote", [] {
    command_for("host:d", {{"sftp.args", "'"}});
  }));
}

}  // namespace
}  // namespace snapfs
