// Locations of REST servers.
#include "fs/backend/rest/rest_location.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/base/error.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

const RestCredentials kOther{"other", "key"};

TEST(RestLocation, IsAUrlThatEndsWithASlash) {
  const RestLocation location = RestLocation::parse("http://h:8000/a/b");
  EXPECT_EQ(location.url, "http://h:8000/a/b/");
  EXPECT_EQ(location.shown, "rest:http://h:8000/a/b/");
  EXPECT_EQ(location.socket, "");
  EXPECT_EQ(location.who.user, "");
  EXPECT_EQ(RestLocation::parse("HTTPS://h").url, "https://h/");
  EXPECT_EQ(RestLocation::parse("https://h/a/").url, "https://h/a/");
  EXPECT_EQ(RestLocation::parse("http://[::1]:80/").url, "http://[::1]:80/");
  EXPECT_EQ(RestLocation::parse("http://[fe80::1]/r").url, "http://[fe80::1]/r/");
  EXPECT_EQ(RestLocation::parse("http://[fe80::1%25eth0]:1/r").url, "http://[fe80::1%25eth0]:1/r/");
}

TEST(RestLocation, HasAPathThatServersNeedNotClean) {
  EXPECT_EQ(RestLocation::parse("http://h//").url, "http://h/");
  EXPECT_EQ(RestLocation::parse("http://h/a/../b/").url, "http://h/b/");
  EXPECT_EQ(RestLocation::parse("http://h//a///b/./c").url, "http://h/a/b/c/");
  EXPECT_EQ(RestLocation::parse("http://h/../../a").url, "http://h/a/");
  EXPECT_EQ(RestLocation::parse("http://h/a/../b").shown, "rest:http://h/b/");
  EXPECT_EQ(RestLocation::parse("http+unix:///s:/a//b").url, "http://localhost/a/b/");
}

TEST(RestLocation, SaysWhichPartIsMissing) {
  const auto expect = [](std::string_view text, std::string_view words) {
    EXPECT_TRUE(test::fails_with(ErrorCode::kUsage, words, [&] { RestLocation::parse(text); }));
  };
  expect("", "is missing behind \"rest:\"");
  expect("http://h:/", "no port behind the colon");
  expect("http://h:0/", "from 1 to 65535");
  expect("http:///r", "names no host");
  expect("http+unix:///s", "for example rest:http+unix:///");
}

TEST(RestLocation, SaysWhoAsksWithPercentSignsDecoded) {
  const RestLocation location = RestLocation::parse("https://me%40home:se%2Fc%25ret@h/r/", kOther);
  EXPECT_EQ(location.who.user, "me@home");
  EXPECT_EQ(location.who.password, "se/c%ret");
  EXPECT_EQ(location.url, "https://h/r/");
  EXPECT_EQ(location.shown, "rest:https://me%40home:***@h/r/");
  const RestLocation more = RestLocation::parse("http://me:a@b:c@h/");
  EXPECT_EQ(more.who.password, "a@b:c");
  EXPECT_EQ(more.url, "http://h/");
}

TEST(RestLocation, TakesTheOtherCredentialsOnlyWhereItHasNone) {
  EXPECT_EQ(RestLocation::parse("http://h/", kOther).who.user, "other");
  EXPECT_EQ(RestLocation::parse("http://h/", kOther).who.password, "key");
  EXPECT_EQ(RestLocation::parse("http://h/", kOther).shown, "rest:http://h/");
  EXPECT_EQ(RestLocation::parse("http://@h/", kOther).who.user, "other");
  const RestLocation user_only = RestLocation::parse("http://me@h/", kOther);
  EXPECT_EQ(user_only.who.user, "me");
  EXPECT_EQ(user_only.who.password, "");
  EXPECT_EQ(user_only.shown, "rest:http://me@h/");
  EXPECT_EQ(RestLocation::parse("http://:pw@h/", kOther).who.user, "");
  EXPECT_EQ(RestLocation::parse("http://:pw@h/", kOther).who.password, "pw");
}

TEST(RestLocation, MayBeASocket) {
  const RestLocation location = RestLocation::parse("http+unix:///run/rest.socket:/a/b", kOther);
  EXPECT_EQ(location.socket, "/run/rest.socket");
  EXPECT_EQ(location.url, "http://localhost/a/b/");
  EXPECT_EQ(location.shown, "rest:http+unix:///run/rest.socket:/a/b/");
  EXPECT_EQ(location.who.user, "other");
  EXPECT_EQ(RestLocation::parse("https+unix:///s:").url, "https://localhost/");
  const RestLocation named = RestLocation::parse("http+unix://me:pw@/s:/r/");
  EXPECT_EQ(named.who.password, "pw");
  EXPECT_EQ(named.shown, "rest:http+unix://me:***@/s:/r/");
}

TEST(RestLocation, EncodesWhatAUrlMayNotHoldOnce) {
  EXPECT_EQ(RestLocation::parse("http://h/a b/\xc3\xa4/%41").url, "http://h/a%20b/%C3%A4/%41/");
}

TEST(RestLocation, RefusesWhatIsNoLocationWithoutShowingThePassword) {
  for (const std::string_view text : {"h/r",
                                      "ftp://me:secret@h/",
                                      "http://",
                                      "http:///r",
                                      "http://me:secret@/",
                                      "http://h:/",
                                      "http://h:0/",
                                      "http://h:65536/",
                                      "http://h:80x/",
                                      "http://me:sec/ret@h/",
                                      "http://[::1/",
                                      "http://me:%zz@h/",
                                      "http://h/%4",
                                      "http://h/?secret",
                                      "http://h/#secret",
                                      "http://h h/",
                                      "http://me%3Ayou:secret@h/",
                                      "http+unix://h/s:/r",
                                      "http+unix:///s",
                                      "http+unix:///:/r",
                                      "http+unix:///s:r"}) {
    try {
      RestLocation::parse(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << text;
      EXPECT_THAT(error.what(), ::testing::HasSubstr("write it as rest:http")) << text;
      EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("sec"))) << text;
    }
  }
}

}  // namespace
}  // namespace snapfs
