// What the words of object stores mean.
#include "fs/backend/s3/s3_error.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/fake_s3.h"

namespace snapfs {
namespace {

using test::s3_answer;

constexpr Timestamp kNow{1'795'390'661, 0};  // 2026-11-22 23:37:41 UTC, as the answers say

Error error_of(const HttpResponse& response, Timestamp now = kNow) {
  return s3_error(response, parse_s3_failure(response.body), "cannot load pack 1", now, "subject");
}

Error error_of(int status, std::string_view code) { return error_of(s3_answer(status, code)); }

struct Expected {
  int status;
  const char* code;
  ErrorCode meaning;
};

class Codes : public ::testing::TestWithParam<Expected> {};

TEST_P(Codes, MeanWhatTheyMean) {
  const auto& [status, code, meaning] = GetParam();
  const Error error = error_of(status, code);
  EXPECT_EQ(error.code(), meaning) << error.what();
  const std::string_view words = error.what();
  EXPECT_TRUE(words.starts_with("cannot load pack 1: ")) << words;
  EXPECT_NE(words.find(code), std::string_view::npos) << words;
  EXPECT_EQ(words.find('\n'), std::string_view::npos) << words;
  EXPECT_EQ(error.subject(), "subject");
}

INSTANTIATE_TEST_SUITE_P(
    OfServers, Codes,
    ::testing::Values(Expected{403, "InvalidAccessKeyId", ErrorCode::kWrongCredentials},
                      Expected{403, "SignatureDoesNotMatch", ErrorCode::kWrongCredentials},
                      Expected{400, "ExpiredToken", ErrorCode::kWrongCredentials},
                      Expected{400, "InvalidToken", ErrorCode::kWrongCredentials},
                      Expected{403, "RequestTimeTooSkewed", ErrorCode::kWrongCredentials},
                      Expected{403, "AccessDenied", ErrorCode::kPermission},
                      Expected{409, "BucketAlreadyExists", ErrorCode::kPermission},
                      Expected{503, "SlowDown", ErrorCode::kUnavailable},
                      Expected{500, "InternalError", ErrorCode::kUnavailable},
                      Expected{503, "ServiceUnavailable", ErrorCode::kUnavailable},
                      Expected{400, "RequestTimeout", ErrorCode::kUnavailable},
                      Expected{409, "OperationAborted", ErrorCode::kUnavailable},
                      Expected{400, "BadDigest", ErrorCode::kUnavailable},
                      Expected{400, "XAmzContentSHA256Mismatch", ErrorCode::kUnavailable},
                      Expected{403, "QuotaExceeded", ErrorCode::kNoSpace},
                      Expected{507, "XMinioStorageFull", ErrorCode::kNoSpace},
                      Expected{404, "NoSuchKey", ErrorCode::kNotFound},
                      Expected{404, "NoSuchBucket", ErrorCode::kNoRepository},
                      Expected{403, "InvalidObjectState", ErrorCode::kUnsupported},
                      Expected{501, "NotImplemented", ErrorCode::kUnsupported},
                      Expected{400, "InvalidStorageClass", ErrorCode::kUsage},
                      Expected{400, "AuthorizationHeaderMalformed", ErrorCode::kUsage},
                      Expected{301, "PermanentRedirect", ErrorCode::kUsage},
                      // What nobody has heard of is taken by its status.
                      Expected{403, "SomethingNew", ErrorCode::kPermission},
                      Expected{500, "SomethingNew", ErrorCode::kUnavailable},
                      Expected{400, "SomethingNew", ErrorCode::kIo},
                      Expected{404, "NoSuchThing", ErrorCode::kIo},
                      Expected{507, "SomethingNew", ErrorCode::kNoSpace}),
    [](const auto& info) { return std::to_string(info.param.status) + info.param.code; });

TEST(S3Error, AFileIsOnlyGoneWhenTheServerSaysSo) {
  EXPECT_EQ(error_of(404, "").code(), ErrorCode::kIo);
  HttpResponse page{.status = 404};
  page.body = copy_of(as_bytes("<html>Not found</html>"));
  EXPECT_EQ(error_of(page).code(), ErrorCode::kIo);
  for (const int status : {404, 410, 416}) EXPECT_FALSE(error_of(status, "").means_loss());
}

TEST(S3Error, SaysByHowMuchTheClockIsOff) {
  const HttpResponse response = s3_answer(403, "RequestTimeTooSkewed");
  const auto words = [&](std::int64_t off) {
    return std::string(error_of(response, {kNow.seconds + off, 0}).what());
  };
  EXPECT_NE(words(3 * 3600 + 5).find("3 hours ahead"), std::string::npos) << words(3 * 3600);
  EXPECT_NE(words(-1200).find("20 minutes behind"), std::string::npos) << words(-1200);
  EXPECT_NE(words(-400 * 86400).find("400 days behind"), std::string::npos);
  HttpResponse silent = response;
  silent.headers = {{"date", "yesterday"}};
  EXPECT_NE(std::string_view(error_of(silent).what()).find("set the clock"),
            std::string_view::npos);
}

TEST(S3Error, WaitsAsLongAsTheServerAsksFor) {
  HttpResponse response = s3_answer(503, "SlowDown");
  response.headers.emplace_back("retry-after", "7");
  EXPECT_EQ(error_of(response).retry_after(), std::chrono::seconds(7));
}

TEST(S3Error, WordsOfOthersStayOnTheLine) {
  HttpResponse response{.status = 403};
  response.body =
      copy_of(as_bytes("<Error><Code>AccessDenied</Code><Message>a\nb\x1b[2J</Message></Error>"));
  const std::string words = error_of(response).what();
  EXPECT_EQ(words.find('\n'), std::string::npos);
  EXPECT_EQ(words.find('\x1b'), std::string::npos);
}

TEST(S3Xml, TakesFailuresAsTheyCome) {
  const S3Failure failure = parse_s3_failure(as_bytes(
      "<?xml version=\"1.0\"?><Error><Code>PermanentRedirect</Code><Message>m</Message>"
      "<Endpoint>bucket.s3.eu-west-1.amazonaws.com</Endpoint><Region>eu-west-1</Region></Error>"));
  EXPECT_EQ(failure.code, "PermanentRedirect");
  EXPECT_EQ(failure.region, "eu-west-1");
  EXPECT_EQ(failure.endpoint, "bucket.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(
      parse_s3_failure(as_bytes("<ErrorResponse><Error><Code>X</Code></Error></ErrorResponse>"))
          .code,
      "X");
  for (const char* const other : {"", "no XML", "<html/>", "<Error>", "<Error/>"}) {
    EXPECT_EQ(parse_s3_failure(as_bytes(other)).code, "") << other;
  }
}

}  // namespace
}  // namespace snapfs
