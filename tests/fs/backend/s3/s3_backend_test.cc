// What only an object store can get wrong, before one in memory that fails on command.
#include "fs/backend/s3/s3_backend.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/open/open.h"
#include "fs/backend/stack/request_limit.h"
#include "fs/backend/stack/retry.h"
#include "tests/support/fails_with.h"
#include "tests/support/fake_s3.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/manual_clock.h"
#include "tests/support/manual_timer.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::FakeS3;
using test::numbered_id;
using test::s3_answer;
using test::to_bytes;

std::optional<std::string> test_variables(std::string_view name) {
  if (name == "AWS_ACCESS_KEY_ID") return std::string(test::kFakeKeyId);
  if (name == "AWS_SECRET_ACCESS_KEY") return std::string(test::kFakeSecret);
  return std::nullopt;
}

/// A store in memory, and the backend before it.
class Bench {
 public:
  explicit Bench(FakeS3::Settings settings = {}, S3Options options = {},
                 std::string_view location = "http://store/bucket/prefix") {
    auto owned = std::make_unique<FakeS3>(std::move(settings));
    store_ = owned.get();
    backend_ = std::make_unique<S3Backend>(std::move(owned), S3Location::parse(location),
                                           std::move(options), test_variables, clock_, timer_);
  }

  FakeS3& store() { return *store_; }
  S3Backend& backend() { return *backend_; }
  test::ManualClock& clock() { return clock_; }

 private:
  test::ManualClock clock_;
  test::ManualTimer timer_;
  FakeS3* store_ = nullptr;
  std::unique_ptr<S3Backend> backend_;
};

const FileKey kPackKey{FileKind::kPack, numbered_id(1)};
const FileKey kLockKey{FileKind::kLock, numbered_id(2)};

std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [other, value] : request.headers) {
    if (other == name) return value;
  }
  return "";
}

TEST(S3BackendTest, AFileIsOneObjectUnderResticsKey) {
  Bench bench;
  bench.backend().save(kPackKey, as_bytes("pack"), {});
  bench.backend().save(FileKey::config(), as_bytes("config"), {});
  const std::string id = kPackKey.id.hex();
  EXPECT_EQ(
      bench.store().keys(),
      (std::vector<std::string>{"prefix/config", "prefix/data/" + id.substr(0, 2) + "/" + id}));
  EXPECT_EQ(bench.store().requests().size(), 2U);
}

TEST(S3BackendTest, OddPrefixesAreSignedAsTheyAreSent) {
  for (const char* const prefix :
       {"", "/a b", "/a+b%20c", "/ünïcödé", "//a", "/a&b=c?d#e", "/(a)*'!"}) {
    Bench bench({}, {}, "store/bucket" + std::string(prefix));
    bench.backend().save(kPackKey, as_bytes("pack"), {});
    EXPECT_EQ(bench.backend().load(kPackKey, {}, {}, {}), to_bytes("pack")) << prefix;
    EXPECT_EQ(bench.backend().size(kPackKey, {}), 4U) << prefix;
    EXPECT_EQ(bench.backend().list(FileKind::kPack, {}).size(), 1U) << prefix;
    bench.backend().remove(kPackKey, {});
    EXPECT_TRUE(bench.store().keys().empty()) << prefix;
  }
}

TEST(S3BackendTest, LocksDoNotWaitForTheirRate) {
  Bench bench;
  bench.backend().save(kLockKey, as_bytes("lock"), {});
  bench.backend().save(kPackKey, as_bytes("pack"), {});
  EXPECT_FALSE(bench.store().requests()[0].is_paced);
  EXPECT_TRUE(bench.store().requests()[1].is_paced);
}

TEST(S3BackendTest, TheStorageClassIsSaid) {
  Bench bench({}, {.storage_class = "STANDARD_IA"});
  bench.backend().save(kPackKey, as_bytes("pack"), {});
  EXPECT_EQ(header_of(bench.store().requests()[0], "x-amz-storage-class"), "STANDARD_IA");
  Bench plain;
  plain.backend().save(kPackKey, as_bytes("pack"), {});
  EXPECT_EQ(header_of(plain.store().requests()[0], "x-amz-storage-class"), "");
}

TEST(S3BackendTest, OnlyPacksOfDataGoToAnArchive) {
  Bench bench({}, {.storage_class = "Deep_Archive"});
  const auto class_of = [&](const FileKey& key, Content content) {
    bench.backend().save(key, as_bytes("x"), content, {});
    return header_of(bench.store().requests().back(), "x-amz-storage-class");
  };
  EXPECT_EQ(class_of(kPackKey, Content::kData), "Deep_Archive");
  EXPECT_EQ(class_of(kPackKey, Content::kTree), "");
  EXPECT_EQ(class_of(kPackKey, Content::kWholeFile), "");
  EXPECT_EQ(class_of(kLockKey, Content::kData), "");
  EXPECT_EQ(class_of(FileKey::config(), Content::kWholeFile), "");
}

TEST(S3BackendTest, TheDecoratorsSayWhatIsInAPack) {
  Bench bench({}, {.storage_class = "GLACIER"});
  RequestLimitBackend limited(bench.backend(), 1);
  test::ManualTimer timer;
  RetryBackend retried(limited, {}, RetryPolicy{}, timer);
  retried.save(kPackKey, as_bytes("x"), Content::kData, {});
  EXPECT_EQ(header_of(bench.store().requests().back(), "x-amz-storage-class"), "GLACIER");
}

TEST(S3BackendTest, WhatIsInAnArchiveSaysHowToGetIt) {
  Bench bench;
  bench.store().answer_once(test::s3_answer(403, "InvalidObjectState"));
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "restore-object", [&] {
    bench.backend().load(kPackKey, ByteRange{0, 1}, {}, {});
  }));
}

class Listings : public ::testing::TestWithParam<bool> {
 protected:
  Listings() : bench_({}, {.lists_by_version_1 = GetParam()}) {}

  void fill(std::size_t packs) {
    for (std::size_t i = 0; i < packs; ++i) {
      const FileKey key{FileKind::kPack, numbered_id(i << 48 | i)};
      bench_.store().put(S3Location::parse("store/bucket/prefix").key_of(key), std::string(i, 'x'));
    }
  }

  /// From the `page`th request on (1: the next), the text is replaced in the answers.
  void replace_in_page(std::size_t page, std::string from, std::string to) {
    bench_.store().set_hook([page, from = std::move(from), to = std::move(to),
                             original = std::make_shared<FakeS3>(FakeS3::Settings{}),
                             count = std::size_t{0}](
                                const HttpRequest& request) mutable -> std::optional<HttpResponse> {
      if (++count < page) return std::nullopt;
      for (std::size_t i = 0; i < 25 && count == page; ++i) {
        const FileKey key{FileKind::kPack, numbered_id(i << 48 | i)};
        original->put(S3Location::parse("store/bucket/prefix").key_of(key), std::string(i, 'x'));
      }
      HttpResponse response = original->perform(request, {});
      std::string body(as_text(response.body));
      const std::size_t found = body.find(from);
      if (found != std::string::npos) body.replace(found, from.size(), to);
      response.body = to_bytes(body);
      return response;
    });
  }

  std::size_t list() { return bench_.backend().list(FileKind::kPack, {}).size(); }

  Bench bench_;
};

TEST_P(Listings, TakeAllPages) {
  fill(25);
  EXPECT_EQ(list(), 25U);
  EXPECT_EQ(bench_.store().requests().size(), 3U);
  fill(30);
  EXPECT_EQ(list(), 30U);
}

TEST_P(Listings, AreNeverShort) {
  fill(25);
  ASSERT_EQ(list(), 25U);
  for (const std::size_t page : {1U, 2U, 3U}) {
    const std::string flag = page < 3 ? "<IsTruncated>true" : "<IsTruncated>false";
    replace_in_page(page, flag, "<IsTruncated>");
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "whole", [&] { list(); })) << page;
    replace_in_page(page, "ListBucketResult", "Elsewhere");
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "no", [&] { list(); })) << page;
    replace_in_page(page, "</ListBucketResult>", "");
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "no XML", [&] { list(); })) << page;
    replace_in_page(page, "<Size>", "<Sighs>");
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, [&] { list(); })) << page;
  }
}

TEST_P(Listings, FailWithThePageThatFails) {
  fill(25);
  std::size_t count = 0;
  bench_.store().set_hook([&](const HttpRequest&) -> std::optional<HttpResponse> {
    if (++count != 3) return std::nullopt;
    return s3_answer(503, "SlowDown");
  });
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "cannot list data/", [&] { list(); }));
}

TEST_P(Listings, PassOverWhatIsNoFileOfARepository) {
  fill(3);
  const std::string id = numbered_id(99).hex();
  const std::vector<std::string> junk{"prefix/data/" + id,
                                      "prefix/data/zz/" + id,
                                      "prefix/data/",
                                      "prefix/data/00/",
                                      "prefix/data/" + id.substr(0, 2) + "/" + id + "/x",
                                      "prefix/data/00/README & <more>",
                                      "prefix/database/" + id};
  for (const std::string& key : junk) {
    bench_.store().put(key, "junk");
  }
  EXPECT_EQ(list(), 3U);
}

INSTANTIATE_TEST_SUITE_P(BothVersions, Listings, ::testing::Bool());

TEST(S3BackendTest, AListingThatSaysMoreButNotHowIsAnError) {
  Bench bench;
  for (int i = 0; i < 15; ++i) {
    bench.store().put("prefix/keys/" + numbered_id(i).hex(), "x");
  }
  const auto page = [](std::string_view more) {
    HttpResponse response{.status = 200};
    response.body = to_bytes("<ListBucketResult><IsTruncated>true</IsTruncated>" +
                             std::string(more) + "</ListBucketResult>");
    return response;
  };
  bench.store().set_hook([&](const HttpRequest&) { return page(""); });
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "s3.list-objects-v1=true",
                         [&] { bench.backend().list(FileKind::kKey, {}); }));
  bench.store().set_hook([&](const HttpRequest&) {
    return page("<NextContinuationToken>the same</NextContinuationToken>");
  });
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "ask for the rest",
                         [&] { bench.backend().list(FileKind::kKey, {}); }));
  EXPECT_EQ(bench.store().requests().size(), 3U);
}

TEST(S3BackendTest, MakesTheBucketThatIsNotThere) {
  Bench bench({.bucket_exists = false});
  EXPECT_EQ(bench.backend().size(FileKey::config(), {}), std::nullopt);
  EXPECT_TRUE(bench.backend().list(FileKind::kKey, {}).empty());
  bench.backend().create({});
  EXPECT_TRUE(bench.store().bucket_exists());
  bench.backend().create({});
}

TEST(S3BackendTest, ABucketOfAnotherRegionIsAskedForThere) {
  Bench bench({.region = "eu-west-1", .bucket_exists = false}, {.region = "eu-west-1"});
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

TEST(S3BackendTest, WhoMayNotLookAtTheBucketMayUseIt) {
  Bench bench;
  bench.store().answer_once(s3_answer(403, "AccessDenied"));
  bench.backend().create({});
  EXPECT_EQ(bench.store().requests().size(), 1U);
}

TEST(S3BackendTest, ABucketOfSomebodyElseIsNotOurs) {
  Bench bench({.bucket_exists = false});
  bench.store().set_hook([](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (request.method != "PUT") return std::nullopt;
    return s3_answer(409, "BucketAlreadyExists");
  });
  EXPECT_TRUE(
      fails_with(ErrorCode::kPermission, "choose another", [&] { bench.backend().create({}); }));
}

TEST(S3BackendTest, WithoutABucketNothingIsKnownOfAFile) {
  Bench bench({.bucket_exists = false});
  EXPECT_TRUE(fails_with(ErrorCode::kNoRepository, "snapfs init",
                         [&] { bench.backend().load(kPackKey, {}, {}, {}); }));
  EXPECT_TRUE(fails_with(ErrorCode::kNoRepository, "snapfs init",
                         [&] { bench.backend().save(kPackKey, as_bytes("x"), {}); }));
}

TEST(S3BackendTest, LearnsTheRegionOnce) {
  Bench bench({.region = "eu-central-1"});
  bench.backend().save(kPackKey, as_bytes("pack"), {});
  bench.backend().save(kLockKey, as_bytes("lock"), {});
  EXPECT_EQ(bench.store().requests().size(), 3U);
}

TEST(S3BackendTest, LearnsTheRegionFromAnAnswerWithoutABody) {
  Bench bench({.region = "eu-central-1"});
  EXPECT_EQ(bench.backend().size(kPackKey, {}), std::nullopt);
  EXPECT_EQ(bench.store().requests().size(), 3U);  // the third for the words of the second
}

TEST(S3BackendTest, ARegionThatChangesAllTheTimeIsAskedForOnce) {
  Bench bench;
  int count = 0;
  bench.store().set_hook([&](const HttpRequest&) {
    return s3_answer(400, "AuthorizationHeaderMalformed",
                     "<Region>region-" + std::to_string(++count) + "</Region>");
  });
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "s3.region",
                         [&] { bench.backend().load(kPackKey, {}, {}, {}); }));
  EXPECT_EQ(count, 2);
}

TEST(S3BackendTest, AServerCannotSendUsToAHostOfItsChoosing) {
  Bench bench({}, {}, "https://s3.amazonaws.com/bucket");
  bench.store().set_hook([](const HttpRequest&) {
    return s3_answer(400, "AuthorizationHeaderMalformed", "<Region>x.example.com/</Region>");
  });
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, [&] { bench.backend().load(kPackKey, {}, {}, {}); }));
  ASSERT_EQ(bench.store().requests().size(), 1U);
  EXPECT_TRUE(bench.store().requests()[0].url.starts_with(
      "https://bucket.s3.us-east-1.amazonaws.com/data/"));
}

TEST(S3BackendTest, AmazonsOtherRegionsHaveHostsOfTheirOwn) {
  Bench bench({}, {}, "s3.amazonaws.com/bucket");
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

TEST(S3BackendTest, TheUserTheHostAndTheVariablesSayTheRegionInThisOrder) {
  const auto region_used = [](std::string_view location, S3Options options) {
    const auto variables = [](std::string_view name) {
      if (name == "AWS_DEFAULT_REGION") return std::optional<std::string>("of-variables");
      return test_variables(name);
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

TEST(S3BackendTest, CredentialsThatExpiredMeanwhileAreReplaced) {
  RenewingStore renewing;
  renewing.backend().save(kPackKey, as_bytes("pack"), {});
  EXPECT_EQ(renewing.store().keys().size(), 1U);
  EXPECT_EQ(renewing.store().requests().size(), 4U);
}

TEST(S3BackendTest, AHeadRefusedForExpiredCredentialsIsMadeAgain) {
  RenewingStore renewing;
  renewing.store().put(S3Location::parse("http://store/bucket").key_of(kPackKey), "pack");
  EXPECT_EQ(renewing.backend().size(kPackKey, {}), 4U);
}

TEST(S3BackendTest, AHeadRefusedForItsRegionIsMadeAgain) {
  Bench bench({.region = "eu-central-1"});
  bench.store().set_hook([](const HttpRequest& request) -> std::optional<HttpResponse> {
    const bool is_right =
        header_of(request, "Authorization").find("/eu-central-1/") != std::string::npos;
    if (is_right || request.method != "HEAD") return std::nullopt;
    return HttpResponse{.status = 400};
  });
  bench.store().put(S3Location::parse("http://store/bucket/prefix").key_of(kPackKey), "pack");
  EXPECT_EQ(bench.backend().size(kPackKey, {}), 4U);
}

TEST(S3BackendTest, AHeadThatIsRefusedAgainIsNotMadeForEver) {
  Bench bench;
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

TEST(S3BackendTest, CredentialsThatExpireAtOnceAreReplacedOnce) {
  Bench bench;
  bench.store().set_hook([](const HttpRequest&) { return s3_answer(400, "ExpiredToken"); });
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "AWS_SESSION_TOKEN",
                         [&] { bench.backend().load(kPackKey, {}, {}, {}); }));
  EXPECT_EQ(bench.store().requests().size(), 1U);
}

TEST(S3BackendTest, IsOpenedByItsLocation) {
  const RepositoryLocation location = RepositoryLocation::parse("s3:http://store/bucket/path");
  const BackendStack stack = open_storage(location, {.extended = {{"s3.connections", "3"}}});
  EXPECT_EQ(stack.top().location(), "s3:http://store/bucket/path");
  EXPECT_EQ(stack.top().traits().requests, 3U);
  EXPECT_TRUE(fails_with(ErrorCode::kUsage, "s3.layout", [&] {
    open_storage(location, {.extended = {{"s3.layout", "default"}}});
  }));
}

TEST(S3BackendTest, WithoutANameNothingIsSigned) {
  Bench bench({}, {.anonymous = true});
  bench.store().set_hook([](const HttpRequest& request) -> std::optional<HttpResponse> {
    EXPECT_EQ(header_of(request, "Authorization"), "");
    EXPECT_EQ(header_of(request, "x-amz-date"), "");
    return HttpResponse{.status = 200};
  });
  EXPECT_TRUE(bench.backend().load(kPackKey, {}, {}, {}).empty());
}

TEST(S3BackendTest, SaysWhatAHeadCannotSay) {
  Bench bench;
  bench.clock().advance(std::chrono::hours(-2));
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "2 hours behind",
                         [&] { bench.backend().size(kPackKey, {}); }));
}

TEST(S3BackendTest, AServerThatDoesNotKnowRangesIsUnderstood) {
  Bench bench;
  bench.store().set_hook([](const HttpRequest&) {
    HttpResponse response{.status = 200};
    response.body = to_bytes("0123456789");
    return response;
  });
  EXPECT_EQ(bench.backend().load(kPackKey, ByteRange{2, 3}, {}, {}), to_bytes("234"));
}

TEST(S3BackendTest, AnotherPartThanWasAskedForIsNoDamage) {
  Bench bench;
  bench.backend().save(kPackKey, as_bytes("0123456789"), {});
  bench.store().set_hook([](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (request.method == "HEAD") return std::nullopt;
    HttpResponse response{.status = 206, .headers = {{"content-range", "bytes 0-2/10"}}};
    response.body = to_bytes("012");
    return response;
  });
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "another part", [&] {
    bench.backend().load(kPackKey, ByteRange{2, 3}, {}, {});
  }));
}

TEST(S3BackendTest, NothingLargerThanAFileIsTakenIn) {
  Bench bench;
  bench.backend().save(kLockKey, as_bytes("lock"), {});
  (void)bench.backend().load(kLockKey, {}, {}, {});
  (void)bench.backend().load(kLockKey, ByteRange{0, 4}, {}, {});
  const auto requests = bench.store().requests();
  EXPECT_EQ(requests[1].longest_answer, max_stored_bytes(FileKind::kLock));
  EXPECT_LE(requests[2].longest_answer, 64U << 10);
}

TEST(S3BackendTest, BearsWhatTheUserSays) {
  Bench bench({}, {.requests = 3});
  EXPECT_EQ(bench.backend().traits().requests, 3U);
  EXPECT_EQ(bench.backend().traits().pack_transfers, 3U);
  Bench more;
  EXPECT_EQ(more.backend().traits().requests, 32U);
  EXPECT_EQ(more.backend().traits().pack_transfers, 5U);
  EXPECT_FALSE(more.backend().traits().lists_in_one_request);
  EXPECT_TRUE(more.backend().traits().saves_atomically);
}

S3Options take(std::map<std::string, std::string> all) {
  return S3Options::take(BackendOptions("s3", all));
}

TEST(S3OptionsTest, AreRestics) {
  const S3Options options = take({{"s3.connections", "7"},
                                  {"s3.region", "eu-west-1"},
                                  {"s3.bucket-lookup", "path"},
                                  {"s3.storage-class", "STANDARD_IA"},
                                  {"s3.list-objects-v1", "true"},
                                  {"s3.unsafe-anonymous-auth", "1"},
                                  {"s3.retries", "10"}});
  EXPECT_EQ(options.requests, 7U);
  EXPECT_EQ(options.region, "eu-west-1");
  EXPECT_EQ(options.lookup, S3BucketLookup::kPath);
  EXPECT_EQ(options.storage_class, "STANDARD_IA");
  EXPECT_TRUE(options.lists_by_version_1);
  EXPECT_TRUE(options.anonymous);
  EXPECT_FALSE(take({}).anonymous);
  EXPECT_EQ(take({{"s3.region", ""}}).region, std::nullopt);
}

TEST(S3OptionsTest, RefuseWhatCannotBe) {
  const std::map<std::string, std::string> wrong = {{"s3.layout", "default"},
                                                    {"s3.connections", "many"},
                                                    {"s3.bucket-lookup", "x"},
                                                    {"s3.list-objects-v1", "on"},
                                                    {"s3.retries", "x"}};
  for (const auto& option : wrong) {
    EXPECT_TRUE(fails_with(ErrorCode::kUsage, option.first, [&] { take({option}); }))
        << option.first;
  }
  for (const std::string name :
       {"enable-restore", "restore-days", "restore-tier", "restore-timeout"}) {
    EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "with the tools of the storage", [&] {
      take({{"s3." + name, "1"}});
    })) << name;
  }
}

}  // namespace
}  // namespace snapfs
