// Requests that are made again: with new credentials, or for another region.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/fs/backend/s3/s3_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::FakeS3;
using test::header_of;
using test::kPackKey;
using test::s3_answer;
using test::S3Bench;
using test::to_bytes;

/// A store that knows only the second credentials that a container's service gives. It says what is
/// wrong with the first ones where an answer has a body.
class RenewingStore {
 public:
  RenewingStore() {
    auto owned = std::make_unique<FakeS3>();
    store_ = owned.get();
    store_->set_hook([this](const HttpRequest& request) { return answer(request); });
    backend_ = std::make_unique<S3Backend>(
        std::move(owned), S3Location::parse("http://store/bucket"), S3Options(), variables, clock_);
  }

  FakeS3& store() { return *store_; }
  S3Backend& backend() { return *backend_; }

 private:
  static std::optional<std::string> variables(std::string_view name) {
    if (name == "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") return "/role";
    return std::nullopt;
  }

  std::optional<HttpResponse> answer(const HttpRequest& request) {
    if (request.url == "http://169.254.170.2/role") {
      HttpResponse response{.status = 200};
      response.body = to_bytes(R"({"AccessKeyId":")" + std::string(test::kFakeKeyId) +
                               R"(","SecretAccessKey":")" + std::string(test::kFakeSecret) +
                               R"(","Token":"token )" + std::to_string(++given_) +
                               R"(","Expiration":"2027-01-01T00:00:00Z"})");
      return response;
    }
    if (header_of(request, "x-amz-security-token") == "token 2") return std::nullopt;
    return request.method == "HEAD" ? HttpResponse{.status = 400} : s3_answer(400, "ExpiredToken");
  }

  test::ManualClock clock_;
  FakeS3* store_ = nullptr;
  int given_ = 0;
  std::unique_ptr<S3Backend> backend_;
};

TEST(S3RenewalTest, CredentialsThatExpiredMeanwhileAreReplaced) {
  RenewingStore renewing;
  renewing.backend().save(kPackKey, as_bytes("pack"), {});
  EXPECT_EQ(renewing.store().keys().size(), 1U);
  EXPECT_EQ(renewing.store().requests().size(), 4U);
}

TEST(S3RenewalTest, AHeadRefusedForExpiredCredentialsIsMadeAgain) {
  RenewingStore renewing;
  renewing.store().put(S3Location::parse("http://store/bucket").key_of(kPackKey), "pack");
  EXPECT_EQ(renewing.backend().size(kPackKey, {}), 4U);
}

TEST(S3RenewalTest, AHeadRefusedForItsRegionIsMadeAgain) {
  S3Bench bench({.region = "eu-central-1"});
  bench.store().set_hook([](const HttpRequest& request) -> std::optional<HttpResponse> {
    const bool is_right =
        header_of(request, "Authorization").find("/eu-central-1/") != std::string::npos;
    if (is_right || request.method != "HEAD") return std::nullopt;
    return HttpResponse{.status = 400};
  });
  bench.store().put(S3Location::parse("http://store/bucket/prefix").key_of(kPackKey), "pack");
  EXPECT_EQ(bench.backend().size(kPackKey, {}), 4U);
}

TEST(S3RenewalTest, AHeadThatIsRefusedAgainIsNotMadeForEver) {
  S3Bench bench;
  bench.backend().save(kPackKey, as_bytes("pack"), {});
  int heads = 0;
  bench.store().set_hook([&](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (request.method != "HEAD") return std::nullopt;
    ++heads;
    return HttpResponse{.status = 403};
  });
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, [&] { bench.backend().size(kPackKey, {}); }));
  EXPECT_EQ(heads, 2);
}

TEST(S3RenewalTest, CredentialsThatExpireAtOnceAreReplacedOnce) {
  S3Bench bench;
  bench.store().set_hook([](const HttpRequest&) { return s3_answer(400, "ExpiredToken"); });
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "AWS_SESSION_TOKEN",
                         [&] { bench.backend().load(kPackKey, {}, {}, {}); }));
  EXPECT_EQ(bench.store().requests().size(), 1U);
}

}  // namespace
}  // namespace snapfs
