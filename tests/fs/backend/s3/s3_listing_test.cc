// Listings in pages, of both versions of the protocol.
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
using test::numbered_id;
using test::s3_answer;
using test::S3Bench;
using test::to_bytes;

class S3Listings : public ::testing::TestWithParam<bool> {
 protected:
  S3Listings() : bench_({}, {.lists_by_version_1 = GetParam()}) {}

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

  S3Bench bench_;
};

TEST_P(S3Listings, TakeAllPages) {
  fill(25);
  EXPECT_EQ(list(), 25U);
  EXPECT_EQ(bench_.store().requests().size(), 3U);
  fill(30);
  EXPECT_EQ(list(), 30U);
}

TEST_P(S3Listings, AreNeverShort) {
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

TEST_P(S3Listings, FailWithThePageThatFails) {
  fill(25);
  std::size_t count = 0;
  bench_.store().set_hook([&](const HttpRequest&) -> std::optional<HttpResponse> {
    if (++count != 3) return std::nullopt;
    return s3_answer(503, "SlowDown");
  });
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "cannot list data/", [&] { list(); }));
}

TEST_P(S3Listings, PassOverWhatIsNoFileOfARepository) {
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

INSTANTIATE_TEST_SUITE_P(BothVersions, S3Listings, ::testing::Bool());

TEST(S3ListingTest, OneThatSaysMoreButNotHowIsAnError) {
  S3Bench bench;
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

}  // namespace
}  // namespace snapfs
