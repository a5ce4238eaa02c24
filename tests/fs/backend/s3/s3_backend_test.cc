// What only an object store can get wrong, before one in memory that fails on command.
#include "fs/backend/s3/s3_backend.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/open/open.h"
#include "fs/backend/stack/request_limit.h"
#include "fs/backend/stack/retry.h"
#include "tests/fs/backend/s3/s3_bench.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::header_of;
using test::kLockKey;
using test::kPackKey;
using test::s3_answer;
using test::S3Bench;
using test::to_bytes;

TEST(S3BackendTest, AFileIsOneObjectUnderResticsKey) {
  S3Bench bench;
  bench.backend().save(kPackKey, as_bytes("pack"), {});
  bench.backend().save(FileKey::config(), as_bytes("config"), {});
  const std::string id = kPackKey.id.hex();
  EXPECT_EQ(
      bench.store().keys(),
      (std::vector<std::string>{"prefix/config", "prefix/data/" + id.substr(0, 2) + "/" + id}));
  EXPECT_EQ(bench.store().requests().size(), 2U);
}

TEST(S3BackendTest, AZoneIsNotSignedAsItIsNotSent) {
  S3Bench bench({}, {}, "http://[fe80::1%25eth0]:7480/bucket");
  bench.backend().save(kPackKey, as_bytes("pack"), {});
  EXPECT_EQ(bench.backend().load(kPackKey, {}, {}, {}), to_bytes("pack"));
}

TEST(S3BackendTest, OddPrefixesAreSignedAsTheyAreSent) {
  for (const char* const prefix :
       {"", "/a b", "/a+b%20c", "/ünïcödé", "//a", "/a&b=c?d#e", "/(a)*'!"}) {
    S3Bench bench({}, {}, "store/bucket" + std::string(prefix));
    bench.backend().save(kPackKey, as_bytes("pack"), {});
    EXPECT_EQ(bench.backend().load(kPackKey, {}, {}, {}), to_bytes("pack")) << prefix;
    EXPECT_EQ(bench.backend().size(kPackKey, {}), 4U) << prefix;
    EXPECT_EQ(bench.backend().list(FileKind::kPack, {}).size(), 1U) << prefix;
    bench.backend().remove(kPackKey, {});
    EXPECT_TRUE(bench.store().keys().empty()) << prefix;
  }
}

TEST(S3BackendTest, LocksDoNotWaitForTheirRate) {
  S3Bench bench;
  bench.backend().save(kLockKey, as_bytes("lock"), {});
  bench.backend().save(kPackKey, as_bytes("pack"), {});
  EXPECT_FALSE(bench.store().requests()[0].is_paced);
  EXPECT_TRUE(bench.store().requests()[1].is_paced);
}

TEST(S3BackendTest, TheStorageClassIsSaid) {
  S3Bench bench({}, {.storage_class = "STANDARD_IA"});
  bench.backend().save(kPackKey, as_bytes("pack"), {});
  EXPECT_EQ(header_of(bench.store().requests()[0], "x-amz-storage-class"), "STANDARD_IA");
  S3Bench plain;
  plain.backend().save(kPackKey, as_bytes("pack"), {});
  EXPECT_EQ(header_of(plain.store().requests()[0], "x-amz-storage-class"), "");
}

TEST(S3BackendTest, OnlyPacksOfDataGoToAnArchive) {
  S3Bench bench({}, {.storage_class = "Deep_Archive"});
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
  S3Bench bench({}, {.storage_class = "GLACIER"});
  RequestLimitBackend limited(bench.backend(), 1);
  test::ManualTimer timer;
  RetryBackend retried(limited, {}, RetryPolicy{}, timer);
  retried.save(kPackKey, as_bytes("x"), Content::kData, {});
  EXPECT_EQ(header_of(bench.store().requests().back(), "x-amz-storage-class"), "GLACIER");
}

TEST(S3BackendTest, WhatIsInAnArchiveSaysHowToGetIt) {
  S3Bench bench;
  bench.store().answer_once(test::s3_answer(403, "InvalidObjectState"));
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "restore-object", [&] {
    bench.backend().load(kPackKey, ByteRange{0, 1}, {}, {});
  }));
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
  S3Bench bench({}, {.anonymous = true});
  bench.store().set_hook([](const HttpRequest& request) -> std::optional<HttpResponse> {
    EXPECT_EQ(header_of(request, "Authorization"), "");
    EXPECT_EQ(header_of(request, "x-amz-date"), "");
    return HttpResponse{.status = 200};
  });
  EXPECT_TRUE(bench.backend().load(kPackKey, {}, {}, {}).empty());
}

TEST(S3BackendTest, SaysWhatAHeadCannotSay) {
  S3Bench bench;
  bench.clock().advance(std::chrono::hours(-2));
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "2 hours behind",
                         [&] { bench.backend().size(kPackKey, {}); }));
}

TEST(S3BackendTest, AServerThatDoesNotKnowRangesIsUnderstood) {
  S3Bench bench;
  bench.store().set_hook([](const HttpRequest&) {
    HttpResponse response{.status = 200};
    response.body = to_bytes("0123456789");
    return response;
  });
  EXPECT_EQ(bench.backend().load(kPackKey, ByteRange{2, 3}, {}, {}), to_bytes("234"));
}

TEST(S3BackendTest, AnotherPartThanWasAskedForIsNoDamage) {
  S3Bench bench;
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
  S3Bench bench;
  bench.backend().save(kLockKey, as_bytes("lock"), {});
  (void)bench.backend().load(kLockKey, {}, {}, {});
  (void)bench.backend().load(kLockKey, ByteRange{0, 4}, {}, {});
  const auto requests = bench.store().requests();
  EXPECT_EQ(requests[1].longest_answer, max_stored_bytes(FileKind::kLock));
  EXPECT_LE(requests[2].longest_answer, 64U << 10);
}

TEST(S3BackendTest, BearsWhatTheUserSays) {
  S3Bench bench({}, {.requests = 3});
  EXPECT_EQ(bench.backend().traits().requests, 3U);
  EXPECT_EQ(bench.backend().traits().pack_transfers, 3U);
  S3Bench more;
  EXPECT_EQ(more.backend().traits().requests, 32U);
  EXPECT_EQ(more.backend().traits().pack_transfers, 5U);
  EXPECT_FALSE(more.backend().traits().lists_in_one_request);
  EXPECT_TRUE(more.backend().traits().saves_atomically);
}

}  // namespace
}  // namespace snapfs
