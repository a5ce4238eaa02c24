// Where repositories lie in object stores: the same keys as restic's, whatever is typed.
#include "fs/backend/s3/s3_location.h"

#include <gtest/gtest.h>

#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using test::fails_with;

std::string key(std::string_view text) { return S3Location::parse(text).key_of(FileKey::config()); }

std::string host(std::string_view text) { return S3Location::parse(text).host; }

TEST(S3LocationTest, KnowsAllWaysToWriteIt) {
  for (const char* const text :
       {"host:9000/bucket/prefix", "//host:9000/bucket/prefix", "https://host:9000/bucket/prefix",
        "HTTPS://Host:9000/bucket/prefix/", "host:9000/bucket//prefix/../prefix/."}) {
    const S3Location location = S3Location::parse(text);
    EXPECT_TRUE(location.tls) << text;
    EXPECT_EQ(location.host, "host:9000") << text;
    EXPECT_EQ(location.bucket, "bucket") << text;
  }
  EXPECT_EQ(S3Location::parse("host/bucket/prefix").prefix, "prefix");
  EXPECT_FALSE(S3Location::parse("http://127.0.0.1:7480/bucket").tls);
  EXPECT_EQ(S3Location::parse("http://[::1]:80/bucket/a").shown(), "s3:http://[::1]/bucket/a");
}

TEST(S3LocationTest, KeysAreResticsKeys) {
  EXPECT_EQ(key("host/bucket"), "config");
  EXPECT_EQ(key("host/bucket/"), "config");
  EXPECT_EQ(key("host/bucket/."), "config");
  EXPECT_EQ(key("host/bucket/a/b/"), "a/b/config");
  EXPECT_EQ(key("host/bucket/a//b/./c/../d"), "a/b/d/config");
  EXPECT_EQ(key("host/bucket//"), "/config");
  EXPECT_EQ(key("host/bucket//a"), "/a/config");
  EXPECT_EQ(key("host/bucket//../a"), "/a/config");
  const S3Location location = S3Location::parse("host/bucket/a");
  const Id id = test::numbered_id(0xab);
  EXPECT_EQ(location.key_of({FileKind::kPack, id}),
            "a/data/" + id.hex().substr(0, 2) + "/" + id.hex());
  EXPECT_EQ(location.key_of({FileKind::kLock, id}), "a/locks/" + id.hex());
  EXPECT_EQ(location.keys_of(FileKind::kPack), "a/data/");
  EXPECT_EQ(S3Location::parse("host/bucket").keys_of(FileKind::kKey), "keys/");
}

TEST(S3LocationTest, OnlyInUrlsPercentSignsMeanSomething) {
  EXPECT_EQ(key("host/bucket/a b+c%20d"), "a b+c%20d/config");
  EXPECT_EQ(key("https://host/bucket/a b+c%20d%2Fe"), "a b+c d/e/config");
  EXPECT_EQ(key("host/bucket/über"), "über/config");
  EXPECT_EQ(key("https://host/bucket/%C3%BCber"), "über/config");
  EXPECT_EQ(key("https://host/bucket/a?b#c"), "a/config");
  EXPECT_EQ(key("host/bucket/a?b#c"), "a?b#c/config");
}

TEST(S3LocationTest, RefusesWhatNamesNoPlace) {
  for (const char* const text : {"",
                                 "host",
                                 "host/",
                                 "host:/bucket",
                                 "host:0/bucket",
                                 "https://host:99999/bucket",
                                 "b\xc3\xbc"
                                 "cher/bucket",
                                 "https://::1/bucket",
                                 "//",
                                 "///bucket",
                                 "https://",
                                 "https://host",
                                 "https://host/",
                                 "https:///bucket",
                                 "host/ab",
                                 "host/buck et",
                                 "host/a..b",
                                 "ho st/bucket",
                                 ":9000/bucket",
                                 "https://host/bucket/%zz",
                                 "host/bucket/..",
                                 "host/bucket/a/../..",
                                 "host/bucket/\xff"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, "write s3:HOST/BUCKET", [&] {
      S3Location::parse(text);
    })) << text;
  }
}

TEST(S3LocationTest, ShowsNoSecretThatWasTypedByMistake) {
  try {
    S3Location::parse("https://user:secret@host/bucket");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_EQ(std::string_view(error.what()).find("secret@"), std::string_view::npos);
  }
}

TEST(S3LocationTest, ThePortThatGoesWithoutSayingIsNotSaid) {
  EXPECT_EQ(host("https://host:443/bucket"), "host");
  EXPECT_EQ(host("http://host:80/bucket"), "host");
  EXPECT_EQ(host("http://host:443/bucket"), "host:443");
}

std::string place(std::string_view text, S3BucketLookup lookup, std::string_view region) {
  const S3Location::Target target = S3Location::parse(text).target(lookup, region);
  return target.host + target.path;
}

TEST(S3LocationTest, TheBucketIsInTheHostWhereThatWorks) {
  using enum S3BucketLookup;
  EXPECT_EQ(place("host:9000/bucket", kAuto, "us-east-1"), "host:9000/bucket/");
  EXPECT_EQ(place("host:9000/bucket", kDns, "us-east-1"), "bucket.host:9000/");
  EXPECT_EQ(place("s3.amazonaws.com/bucket", kAuto, "eu-west-1"),
            "bucket.s3.eu-west-1.amazonaws.com/");
  EXPECT_EQ(place("s3.amazonaws.com/bucket", kPath, "eu-west-1"),
            "s3.eu-west-1.amazonaws.com/bucket/");
  EXPECT_EQ(place("s3.amazonaws.com/my.bucket", kAuto, "eu-west-1"),
            "s3.eu-west-1.amazonaws.com/my.bucket/");
  EXPECT_EQ(place("http://s3.amazonaws.com/my.bucket", kAuto, "eu-west-1"),
            "my.bucket.s3.eu-west-1.amazonaws.com/");
  EXPECT_EQ(place("storage.googleapis.com/bucket", kAuto, "us-east-1"),
            "bucket.storage.googleapis.com/");
  EXPECT_EQ(place("oss-eu-central-1.aliyuncs.com/bucket", kAuto, "us-east-1"),
            "bucket.oss-eu-central-1.aliyuncs.com/");
  EXPECT_EQ(place("notamazonaws.com/bucket", kAuto, "us-east-1"), "notamazonaws.com/bucket/");
}

TEST(S3LocationTest, AmazonsHostsNameTheirRegion) {
  const auto region = [](std::string_view text) {
    return S3Location::parse(text).region_of_host();
  };
  EXPECT_EQ(region("s3.eu-west-1.amazonaws.com/bucket"), "eu-west-1");
  EXPECT_EQ(region("s3-us-west-2.amazonaws.com/bucket"), "us-west-2");
  EXPECT_EQ(region("s3.dualstack.eu-west-1.amazonaws.com/bucket"), "eu-west-1");
  EXPECT_EQ(region("s3-fips.us-gov-west-1.amazonaws.com/bucket"), "us-gov-west-1");
  EXPECT_EQ(region("s3-fips.dualstack.us-east-2.amazonaws.com/bucket"), "us-east-2");
  EXPECT_EQ(region("s3.cn-north-1.amazonaws.com.cn/bucket"), "cn-north-1");
  EXPECT_EQ(region("bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com/bucket"), "us-east-1");
  EXPECT_EQ(region("s3.amazonaws.com/bucket"), std::nullopt);
  EXPECT_EQ(region("s3-external-1.amazonaws.com/bucket"), std::nullopt);
  EXPECT_EQ(region("s3-accelerate.amazonaws.com/bucket"), std::nullopt);
  EXPECT_EQ(region("s3.eu-west-1.example.com/bucket"), std::nullopt);
}

TEST(S3LocationTest, AnotherRegionOfAmazonHasAnotherHost) {
  const auto host_in = [](std::string_view text, std::string_view region) {
    return S3Location::parse(text).target(S3BucketLookup::kPath, region).host;
  };
  EXPECT_EQ(host_in("s3-us-west-2.amazonaws.com/bucket", "eu-west-1"),
            "s3-eu-west-1.amazonaws.com");
  EXPECT_EQ(host_in("s3.dualstack.us-west-2.amazonaws.com/bucket", "eu-west-1"),
            "s3.dualstack.eu-west-1.amazonaws.com");
  EXPECT_EQ(host_in("bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com/bucket", "us-east-1"),
            "bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com");
  EXPECT_EQ(host_in("s3-accelerate.amazonaws.com/bucket", "eu-west-1"),
            "s3-accelerate.amazonaws.com");
  EXPECT_EQ(host_in("host/bucket", "eu-west-1"), "host");
}

TEST(S3LocationTest, KnowsTheLookups) {
  EXPECT_EQ(parse_bucket_lookup(""), S3BucketLookup::kAuto);
  EXPECT_EQ(parse_bucket_lookup("Auto"), S3BucketLookup::kAuto);
  EXPECT_EQ(parse_bucket_lookup("DNS"), S3BucketLookup::kDns);
  EXPECT_EQ(parse_bucket_lookup("path"), S3BucketLookup::kPath);
  EXPECT_TRUE(
      fails_with(ErrorCode::kUsage, "auto, dns and path", [] { parse_bucket_lookup("virtual"); }));
}

}  // namespace
}  // namespace snapfs
