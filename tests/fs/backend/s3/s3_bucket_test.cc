// The bucket, and the region that it is in.
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/fs/backend/s3/s3_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::FakeS3;
using test::header_of;
using test::kLockKey;
using test::kPackKey;
using test::s3_answer;
using test::S3Bench;
using test::to_bytes;

TEST(S3BucketTest, MakesTheBucketThatIsNotThere) {
  S3Bench bench({.bucket_exists = false});
  EXPECT_EQ(bench.backend().size(FileKey::config(), {}), std::nullopt);
  EXPECT_TRUE(bench.backend().list(FileKind::kKey, {}).empty());
  bench.backend().create({});
  EXPECT_TRUE(bench.store().bucket_exists());
  bench.backend().create({});
}

TEST(S3BucketTest, ABucketOfAnotherRegionIsAskedForThere) {
  S3Bench bench({.region = "eu-west-1", .bucket_exists = false}, {.region = "eu-west-1"});
  std::string body;
  bench.store().set_hook([&](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (request.method == "PUT") body = as_text(request.body);
    return std::nullopt;
  });
  bench.backend().create({});
  EXPECT_EQ(body,
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>");
}

TEST(S3BucketTest, WhoMayNotLookAtTheBucketMayUseIt) {
  S3Bench bench;
  bench.store().answer_once(s3_answer(403, "AccessDenied"));
  bench.backend().create({});
  EXPECT_EQ(bench.store().requests().size(), 1U);
}

TEST(S3BucketTest, ABucketOfSomebodyElseIsNotOurs) {
  S3Bench bench({.bucket_exists = false});
  bench.store().set_hook([](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (request.method != "PUT") return std::nullopt;
    return s3_answer(409, "BucketAlreadyExists");
  });
  EXPECT_TRUE(
      fails_with(ErrorCode::kPermission, "choose another", [&] { bench.backend().create({}); }));
}

TEST(S3BucketTest, WithoutABucketNothingIsKnownOfAFile) {
  S3Bench bench({.bucket_exists = false});
  EXPECT_TRUE(fails_with(ErrorCode::kNoRepository, "snapfs init",
                         [&] { bench.backend().load(kPackKey, {}, {}, {}); }));
  EXPECT_TRUE(fails_with(ErrorCode::kNoRepository, "snapfs init",
                         [&] { bench.backend().save(kPackKey, as_bytes("x"), {}); }));
}

TEST(S3BucketTest, LearnsTheRegionOnce) {
  S3Bench bench({.region = "eu-central-1"});
  bench.backend().save(kPackKey, as_bytes("pack"), {});
  bench.backend().save(kLockKey, as_bytes("lock"), {});
  EXPECT_EQ(bench.store().requests().size(), 3U);
}

TEST(S3BucketTest, LearnsTheRegionFromAnAnswerWithoutABody) {
  S3Bench bench({.region = "eu-central-1"});
  EXPECT_EQ(bench.backend().size(kPackKey, {}), std::nullopt);
  EXPECT_EQ(bench.store().requests().size(), 3U);  // the third for the words of the second
}

TEST(S3BucketTest, ARegionThatChangesAllTheTimeIsAskedForOnce) {
  S3Bench bench;
  int count = 0;
  bench.store().set_hook([&](const HttpRequest&) {
    return s3_answer(400, "AuthorizationHeaderMalformed",
                     "<Region>region-" + std::to_string(++count) + "</Region>");
  });
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "s3.region",
                         [&] { bench.backend().load(kPackKey, {}, {}, {}); }));
  EXPECT_EQ(count, 2);
}

TEST(S3BucketTest, AServerCannotSendUsToAHostOfItsChoosing) {
  S3Bench bench({}, {}, "https://s3.amazonaws.com/bucket");
  bench.store().set_hook([](const HttpRequest&) {
    return s3_answer(400, "AuthorizationHeaderMalformed", "<Region>x.example.com/</Region>");
  });
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, [&] { bench.backend().load(kPackKey, {}, {}, {}); }));
  ASSERT_EQ(bench.store().requests().size(), 1U);
  EXPECT_TRUE(bench.store().requests()[0].url.starts_with(
      "https://bucket.s3.us-east-1.amazonaws.com/data/"));
}

TEST(S3BucketTest, AmazonsOtherRegionsHaveHostsOfTheirOwn) {
  S3Bench bench({}, {}, "s3.amazonaws.com/bucket");
  bench.store().set_hook([](const HttpRequest& request) {
    if (request.url.starts_with("https://bucket.s3.eu-west-3.amazonaws.com/")) {
      return HttpResponse{.status = 200};
    }
    HttpResponse response = s3_answer(301, "PermanentRedirect");
    response.headers.emplace_back("x-amz-bucket-region", "eu-west-3");
    return response;
  });
  bench.backend().save(kPackKey, as_bytes("pack"), {});
  EXPECT_EQ(bench.store().requests().size(), 2U);
}

TEST(S3BucketTest, TheUserTheHostAndTheVariablesSayTheRegionInThisOrder) {
  const auto region_used = [](std::string_view location, S3Options options) {
    const auto variables = [](std::string_view name) {
      if (name == "AWS_DEFAULT_REGION") return std::optional<std::string>("of-variables");
      return test::fake_s3_variables(name);
    };
    test::ManualClock clock;
    auto owned = std::make_unique<FakeS3>();
    FakeS3& store = *owned;
    store.set_hook([](const HttpRequest&) { return HttpResponse{.status = 200}; });
    S3Backend backend(std::move(owned), S3Location::parse(location), std::move(options), variables,
                      clock);
    backend.save(kPackKey, as_bytes("x"), {});
    const std::string text = header_of(store.requests()[0], "Authorization");
    const std::string day = "/20261122/";
    const std::size_t begin = text.find(day) + day.size();
    return text.substr(begin, text.find('/', begin) - begin);
  };
  EXPECT_EQ(region_used("s3.eu-west-1.amazonaws.com/bucket", {.region = "of-user"}), "of-user");
  EXPECT_EQ(region_used("s3.eu-west-1.amazonaws.com/bucket", {}), "eu-west-1");
  EXPECT_EQ(region_used("store/bucket", {}), "of-variables");
}

}  // namespace
}  // namespace snapfs
