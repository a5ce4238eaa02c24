// The examples of Amazon's S3 API Reference: their requests, and the signatures that it gives.
#include "fs/backend/s3/sigv4.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "fs/base/percent_text.h"

namespace snapfs {
namespace {

const SigningKey kKey{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                      "us-east-1"};
constexpr Timestamp kTime{1'369'353'600, 0};  // 2013-05-24 00:00:00 UTC

SignedRequest example(std::string method, std::string path) {
  SignedRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.payload_sha256 = kEmptySha256;
  request.headers = {{"host", "examplebucket.s3.amazonaws.com"},
                     {"x-amz-content-sha256", std::string(kEmptySha256)},
                     {"x-amz-date", "20130524T000000Z"}};
  return request;
}

std::string expected(std::string_view headers, std::string_view signature) {
  return "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
         "SignedHeaders=" +
         std::string(headers) + ",Signature=" + std::string(signature);
}

TEST(SigV4, SignsTheExampleThatGetsAPartOfAnObject) {
  SignedRequest request = example("GET", "/test.txt");
  request.headers.emplace_back("Range", "bytes=0-9");
  EXPECT_EQ(sign(kKey, kTime, request),
            expected("host;range;x-amz-content-sha256;x-amz-date",
                     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

TEST(SigV4, SignsTheExampleThatPutsAnObject) {
  SignedRequest request = example("PUT", "/" + percent_encoded("test$file.text", Slashes::kKept));
  EXPECT_EQ(request.path, "/test%24file.text");
  request.payload_sha256 = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
  request.headers[1].second = request.payload_sha256;
  request.headers.emplace_back("Date", "Fri, 24 May 2013 00:00:00 GMT");
  request.headers.emplace_back("x-amz-storage-class", "REDUCED_REDUNDANCY");
  EXPECT_EQ(sign(kKey, kTime, request),
            expected("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(SigV4, SignsTheExampleWithAParameterThatHasNoValue) {
  SignedRequest request = example("GET", "/");
  request.query = {{"lifecycle", ""}};
  EXPECT_EQ(sign(kKey, kTime, request),
            expected("host;x-amz-content-sha256;x-amz-date",
                     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(SigV4, SignsTheExampleThatListsABucket) {
  SignedRequest request = example("GET", "/");
  request.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_EQ(sign(kKey, kTime, request),
            expected("host;x-amz-content-sha256;x-amz-date",
                     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(SigV4, TakesHeadersAsServersReadThem) {
  SignedRequest plain = example("GET", "/test.txt");
  plain.headers.emplace_back("range", "bytes=0-9 x");
  SignedRequest odd = example("GET", "/test.txt");
  odd.headers.emplace_back("RANGE", "  bytes=0-9   x ");
  std::ranges::reverse(odd.headers);
  EXPECT_EQ(sign(kKey, kTime, odd), sign(kKey, kTime, plain));
}

TEST(SigV4, DependsOnAllThatIsSigned) {
  const std::string signature = sign(kKey, kTime, example("GET", "/test.txt"));
  EXPECT_NE(sign(kKey, kTime, example("PUT", "/test.txt")), signature);
  EXPECT_NE(sign(kKey, kTime, example("GET", "/test.tx")), signature);
  EXPECT_NE(sign(kKey, {kTime.seconds + 1, 0}, example("GET", "/test.txt")), signature);
  SigningKey elsewhere = kKey;
  elsewhere.region = "eu-west-1";
  EXPECT_NE(sign(elsewhere, kTime, example("GET", "/test.txt")), signature);
  SignedRequest with_token = example("GET", "/test.txt");
  with_token.headers.emplace_back("x-amz-security-token", "token");
  EXPECT_NE(sign(kKey, kTime, with_token).find("x-amz-date;x-amz-security-token,"),
            std::string::npos);
}

TEST(SigV4, WritesTimes) {
  EXPECT_EQ(format_amazon_time({0, 0}), "19700101T000000Z");
  EXPECT_EQ(format_amazon_time({951'782'400, 999'999'999}), "20000229T000000Z");
  EXPECT_EQ(format_amazon_time({4'102'444'799, 0}), "20991231T235959Z");
}

TEST(SigV4, SortsTheQueryByItsEncodedText) {
  EXPECT_EQ(
      encoded_query({{"prefix", "a b/ü+"}, {"list-type", "2"}, {"continuation-token", "1=="}}),
      "continuation-token=1%3D%3D&list-type=2&prefix=a%20b%2F%C3%BC%2B");
  EXPECT_EQ(encoded_query({{"b", ""}, {"a", "2"}, {"a", "1"}}), "a=1&a=2&b=");
}

}  // namespace
}  // namespace snapfs
