// What a REST server may answer, and what is made of it.
#include "fs/backend/rest/rest_backend.h"

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/answering_client.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/manual_timer.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::numbered_id;
using test::to_bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const FileKey kPack{FileKind::kPack, numbered_id(1)};
const FileKey kLock{FileKind::kLock, numbered_id(2)};
const std::string kVersion2 = "application/vnd.x.restic.rest.v2";

HttpResponse status(int number, std::vector<HttpHeader> headers = {}, std::string_view body = "") {
  return {number, std::move(headers), to_bytes(body)};
}

HttpResponse part(std::string_view range, std::string_view body) {
  return status(206, {{"content-range", std::string(range)}}, body);
}

HttpResponse sized(std::uint64_t size) {
  return status(200, {{"content-length", std::to_string(size)}});
}

class RestBackendTest : public ::testing::Test {
 protected:
  /// Answers "METHOD PATH", or else METHOD alone, in turn; the last one for ever.
  void answer(const std::string& call, HttpResponse response) {
    answers_[call].push_back(std::move(response));
  }

  RestBackend& backend(std::string_view location = "http://h/r/") {
    if (!backend_) {
      backend_ = std::make_unique<RestBackend>(
          std::make_unique<test::AnsweringClient>(
              seen_, [this](const HttpRequest& request) { return next(request); }),
          RestLocation::parse(location), 4U, timer_);
    }
    return *backend_;
  }

  Bytes load(const FileKey& key, std::optional<ByteRange> range = std::nullopt) {
    return backend().load(key, range, {}, {});
  }

  std::vector<std::string> lines() const { return seen_.lines(); }
  std::string url(const FileKey& key) const {
    return "http://h/r/" + std::string(directory_of(key.kind)) + "/" + key.id.hex();
  }

  test::SeenRequests seen_;
  test::InstantTimer timer_;

 private:
  HttpResponse next(const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    auto found = answers_.find(request.method + " " + request.url);
    if (found == answers_.end()) found = answers_.find(request.method);
    if (found == answers_.end()) throw Error(ErrorCode::kInternal, "not expected: " + request.url);
    HttpResponse response = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
    return response;
  }

  std::mutex mutex_;
  std::map<std::string, std::deque<HttpResponse>> answers_;
  std::unique_ptr<RestBackend> backend_;
};

TEST_F(RestBackendTest, AsksForFilesByKindAndIdAlone) {
  answer("HEAD", sized(3));
  backend().size(kPack, {});
  backend().size(FileKey::config(), {});
  EXPECT_THAT(lines(), ElementsAre("HEAD " + url(kPack), "HEAD http://h/r/config"));
  EXPECT_EQ(seen_.all()[0].header("Accept"), kVersion2);
  EXPECT_EQ(seen_.all()[0].header("Authorization"), "");
}

TEST_F(RestBackendTest, SaysWhoAsks) {
  answer("HEAD", sized(3));
  backend("http://Aladdin:open%20sesame@h/").size(kPack, {});
  EXPECT_EQ(seen_.all()[0].header("Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_THAT(seen_.all()[0].url, ::testing::StartsWith("http://h/"));
  EXPECT_EQ(backend().location(), "rest:http://Aladdin:***@h/");
}

TEST_F(RestBackendTest, CreatesByOneRequest) {
  answer("POST", status(200));
  backend().create({});
  EXPECT_THAT(lines(), ElementsAre("POST http://h/r/?create=true"));
}

TEST_F(RestBackendTest, LocksDoNotWaitForTheRateLimit) {
  answer("POST", status(200));
  backend().save(kLock, as_bytes("x"), {});
  backend().save(kPack, as_bytes("x"), {});
  EXPECT_FALSE(seen_.all()[0].is_paced);
  EXPECT_TRUE(seen_.all()[1].is_paced);
}

TEST_F(RestBackendTest, AWholeFileIsARangeWithoutEnd) {
  answer("GET", part("bytes 0-2/3", "abc"));
  EXPECT_EQ(load(kLock), to_bytes("abc"));
  EXPECT_EQ(seen_.all()[0].header("Range"), "bytes=0-");
  EXPECT_EQ(seen_.all()[0].longest_answer, max_stored_bytes(FileKind::kLock));
}

TEST_F(RestBackendTest, AWholeFileMayBeEmpty) {
  answer("HEAD", sized(0));
  answer("GET", status(416));
  answer("GET", part("bytes 0--1/0", ""));  // rclone
  answer("GET", status(200));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(load(kPack), Bytes());
}

TEST_F(RestBackendTest, AnEmptyAnswerIsNoEmptyFile) {
  answer("HEAD", sized(3));
  answer("GET", status(416));
  answer("GET", part("bytes 0--1/0", ""));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "all of it", [&] { load(kPack); }));
  }
}

TEST_F(RestBackendTest, AWholeFileThatIsNotWholeIsAskedForAgain) {
  answer("GET", part("bytes 0-2/9", "abc"));
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "all of it", [&] { load(kPack); }));
}

TEST_F(RestBackendTest, AWholeFileMayBeSentWithoutSayingHowMuchThereIs) {
  answer("GET", part("bytes 0-2/*", "abc"));
  EXPECT_EQ(load(kPack), to_bytes("abc"));
}

TEST_F(RestBackendTest, ARangeIsAskedForByItsFirstAndLastByte) {
  answer("GET", part("bytes 4-6/9", "efg"));
  EXPECT_EQ(load(kPack, ByteRange{4, 3}), to_bytes("efg"));
  EXPECT_EQ(seen_.all()[0].header("Range"), "bytes=4-6");
}

TEST_F(RestBackendTest, AServerWithoutRangesSendsTheWholeFile) {
  answer("GET", status(200, {}, "abcdefghi"));
  EXPECT_EQ(load(kPack, ByteRange{4, 3}), to_bytes("efg"));
  EXPECT_EQ(load(kPack, ByteRange{0, 9}), to_bytes("abcdefghi"));
  answer("HEAD", sized(9));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "too short", [&] { load(kPack, ByteRange{7, 3}); }));
}

TEST_F(RestBackendTest, APartThatIsNotTheOneAskedForIsAskedForAgain) {
  answer("HEAD", sized(9));
  for (const HttpResponse& wrong :
       {part("bytes 4-5/9", "ef"), part("bytes 4-7/9", "efgh"), part("bytes 3-5/9", "def"),
        part("bytes 4-6/9", "ef"), part("bytes 4-6/9", "efgh"), status(206, {}, "efg"), status(416),
        status(200, {}, "abc")}) {
    answer("GET", wrong);
  }
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "another part", [&] {
      load(kPack, ByteRange{4, 3});
    })) << i;
  }
}

TEST_F(RestBackendTest, AFileThatEndsBeforeTheRangeIsDamaged) {
  answer("HEAD", sized(9));
  answer("GET", part("bytes 8-8/9", "i"));
  answer("GET", status(416));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "too short", [&] { load(kPack, ByteRange{8, 2}); }));
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "too short", [&] { load(kPack, ByteRange{9, 1}); }));
  EXPECT_EQ(lines().size(), 4U);
}

TEST_F(RestBackendTest, ARangeThatNoFileHasIsNotAskedFor) {
  answer("HEAD", sized(9));
  EXPECT_EQ(load(kPack, ByteRange{9, 0}), Bytes());
  for (const ByteRange range : {ByteRange{10, 0}, ByteRange{UINT64_MAX, 1},
                                ByteRange{std::uint64_t{1} << 63, 1}, ByteRange{1, INT64_MAX}}) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, [&] { load(kPack, range); }));
  }
  for (const std::string& line : lines()) EXPECT_THAT(line, ::testing::StartsWith("HEAD"));
}

TEST_F(RestBackendTest, AFileThatIsGoneIsNotFound) {
  answer("GET", status(404));
  answer("HEAD", status(404));
  answer("DELETE", status(404));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { load(kPack); }));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { load(kPack, ByteRange{0, 1}); }));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { load(kPack, ByteRange{0, 0}); }));
  EXPECT_EQ(backend().size(kPack, {}), std::nullopt);
  backend().remove(kPack, {});  // as it wanted
  EXPECT_THAT(timer_.waits(), IsEmpty());
}

TEST_F(RestBackendTest, WhatRcloneDoesNotFindIsAskedForSomeTimes) {
  const std::vector<HttpHeader> rclone{{"server", "rclone/v1.60.1"}};
  answer("GET " + url(kPack), status(404, rclone));
  answer("GET " + url(kPack), status(404, rclone));
  answer("GET " + url(kPack), status(200, rclone, "abc"));
  EXPECT_EQ(load(kPack), to_bytes("abc"));
  EXPECT_EQ(timer_.waits().size(), 2U);
  answer("GET " + url(kLock), status(404, rclone));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { load(kLock); }));
  EXPECT_EQ(timer_.waits().size(), 4U);
  EXPECT_EQ(lines().size(), 6U);
}

TEST_F(RestBackendTest, AConfigThatRcloneDoesNotFindIsMissingAtOnce) {
  answer("GET", status(404, {{"server", "rclone/v1.60.1"}}));
  EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { load(FileKey::config()); }));
  EXPECT_THAT(timer_.waits(), IsEmpty());
}

TEST_F(RestBackendTest, AFileThatIsThereWithTheSameContentIsSaved) {
  answer("POST", status(403));
  answer("HEAD", sized(3));
  answer("GET", status(200, {}, "abc"));
  backend().save(kPack, as_bytes("abc"), {});
  EXPECT_THAT(lines(),
              ElementsAre("POST " + url(kPack), "HEAD " + url(kPack), "GET " + url(kPack)));
  EXPECT_EQ(seen_.all()[0].body, to_bytes("abc"));
  EXPECT_EQ(seen_.all()[0].header("Content-Type"), "application/octet-stream");
}

TEST_F(RestBackendTest, AFileThatIsThereWithAnotherContentIsReplaced) {
  answer("POST", status(403));
  answer("POST", status(200));
  answer("HEAD", sized(3));
  answer("GET", status(200, {}, "abd"));
  answer("DELETE", status(200));
  backend().save(FileKey::config(), as_bytes("abc"), {});
  EXPECT_THAT(lines(), ElementsAre("POST http://h/r/config", "HEAD http://h/r/config",
                                   "GET http://h/r/config", "GET http://h/r/config",
                                   "DELETE http://h/r/config", "POST http://h/r/config"));
}

TEST_F(RestBackendTest, TheConfigComesBackWhenTheNewOneIsNotTaken) {
  answer("POST", status(403));
  answer("POST", status(507));
  answer("POST", status(200));
  answer("HEAD", sized(3));
  answer("GET", status(200, {}, "old"));
  answer("DELETE", status(200));
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace,
                         [&] { backend().save(FileKey::config(), as_bytes("new"), {}); }));
  EXPECT_EQ(seen_.all().back().method, "POST");
  EXPECT_EQ(seen_.all().back().body, to_bytes("old"));
}

TEST_F(RestBackendTest, AnotherSizeNeedsNoLook) {
  answer("POST", status(403));
  answer("POST", status(200));
  answer("HEAD", sized(2));
  answer("HEAD", status(404));
  answer("DELETE", status(404));  // removed meanwhile
  backend().save(kPack, as_bytes("abc"), {});
  EXPECT_EQ(lines().size(), 6U);
}

TEST_F(RestBackendTest, AnAppendOnlyServerKeepsWhatItHas) {
  answer("POST", status(403));
  answer("HEAD", sized(2));
  answer("DELETE", status(403));
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "append-only",
                         [&] { backend().save(kPack, as_bytes("abc"), {}); }));
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "lets nothing but locks be removed",
                         [&] { backend().remove(kPack, {}); }));
}

TEST_F(RestBackendTest, ASaveThatIsForbiddenIsNoFileThatIsThere) {
  answer("POST", status(403));
  answer("HEAD", status(404));
  EXPECT_TRUE(fails_with(ErrorCode::kPermission, "cannot save pack",
                         [&] { backend().save(kPack, as_bytes("abc"), {}); }));
}

TEST_F(RestBackendTest, WhatArrivedOtherwiseIsSentAgain) {
  answer("POST", status(400));
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "did not get what was sent",
                         [&] { backend().save(kPack, as_bytes("abc"), {}); }));
}

TEST_F(RestBackendTest, StatusesHaveTheirCodes) {
  const std::vector<std::pair<int, ErrorCode>> codes{{401, ErrorCode::kWrongCredentials},
                                                     {503, ErrorCode::kUnavailable},
                                                     {429, ErrorCode::kUnavailable},
                                                     {507, ErrorCode::kNoSpace},
                                                     {302, ErrorCode::kUnsupported}};
  for (const auto& [number, code] : codes) {
    for (const std::string method : {"GET", "HEAD", "POST", "DELETE"}) {
      answer(method, status(number));
      answer(method, status(number));
    }
  }
  for (const auto& [number, code] : codes) {
    EXPECT_TRUE(fails_with(code, "rest:http://h/r/", [&] { load(kPack); })) << number;
    EXPECT_TRUE(fails_with(code, [&] { backend().list(FileKind::kPack, {}); })) << number;
    EXPECT_TRUE(fails_with(code, [&] { backend().size(kPack, {}); })) << number;
    EXPECT_TRUE(fails_with(code, [&] { backend().size(kPack, {}); })) << number;
    EXPECT_TRUE(fails_with(code, [&] { backend().save(kPack, {}, {}); })) << number;
    EXPECT_TRUE(fails_with(code, [&] { backend().create({}); })) << number;
    EXPECT_TRUE(fails_with(code, [&] { backend().remove(kPack, {}); })) << number;
    EXPECT_TRUE(fails_with(code, [&] { backend().remove(kPack, {}); })) << number;
  }
}

TEST_F(RestBackendTest, AListOfVersionTwoIsOneRequest) {
  answer("GET", status(200, {{"content-type", kVersion2}},
                       "[{\"name\":\"" + kPack.id.hex() + "\",\"size\":5}]"));
  const auto files = backend().list(FileKind::kPack, {});
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].size, 5U);
  EXPECT_THAT(lines(), ElementsAre("GET http://h/r/data/"));
  EXPECT_EQ(seen_.all()[0].header("Accept"), kVersion2);
}

TEST_F(RestBackendTest, AListOfVersionOneAsksForTheSizes) {
  const FileKey other{FileKind::kPack, numbered_id(7)};
  answer("GET", status(200, {{"content-type", "application/vnd.x.restic.rest.v1"}},
                       "[\"" + kPack.id.hex() + "\",\"" + other.id.hex() + "\"]"));
  answer("HEAD " + url(kPack), sized(5));
  answer("HEAD " + url(other), status(404));  // removed meanwhile
  const auto files = backend().list(FileKind::kPack, {});
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].id, kPack.id);
  EXPECT_EQ(files[0].size, 5U);
  EXPECT_THAT(lines(), UnorderedElementsAre("GET http://h/r/data/", "HEAD " + url(kPack),
                                            "HEAD " + url(other), "HEAD " + url(other)));
}

TEST_F(RestBackendTest, ASizeThatCannotBeAskedForFailsTheList) {
  answer("GET", status(200, {}, "[\"" + kPack.id.hex() + "\"]"));
  answer("HEAD", status(503));
  EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, [&] { backend().list(FileKind::kPack, {}); }));
}

TEST_F(RestBackendTest, AListThatIsMissingIsEmptyButForRclone) {
  for (int i = 0; i < 6; ++i) answer("GET", status(404, {{"server", "nginx"}}));
  answer("GET", status(404, {{"server", "rclone/v1.60.1"}}));
  EXPECT_THAT(backend().list(FileKind::kPack, {}), IsEmpty());
  EXPECT_TRUE(
      fails_with(ErrorCode::kUnavailable, "rclone", [&] { backend().list(FileKind::kPack, {}); }));
}

TEST_F(RestBackendTest, AListInWhichAFileVanishesIsAskedForUntilNoneDoes) {
  for (int i = 0; i < 5; ++i) answer("GET", status(404, {}, "404 page not found"));
  answer("GET", status(200, {{"content-type", kVersion2}},
                       "[{\"name\":\"" + kLock.id.hex() + "\",\"size\":5}]"));
  EXPECT_EQ(backend().list(FileKind::kLock, {}).size(), 1U);
  EXPECT_EQ(lines().size(), 6U);
  EXPECT_EQ(timer_.waits().size(), 5U) << "what happens to the file takes its time";
}

TEST_F(RestBackendTest, WhatAProxySaysWhileTheServerIsStartedIsNotBelieved) {
  answer("GET", status(404));
  answer("GET", status(200, {{"content-type", kVersion2}},
                       "[{\"name\":\"" + kPack.id.hex() + "\",\"size\":5}]"));
  answer("HEAD", status(404));
  answer("HEAD", sized(5));
  EXPECT_EQ(backend().list(FileKind::kPack, {}).size(), 1U);
  EXPECT_EQ(backend().size(kPack, {}), 5U);
}

TEST_F(RestBackendTest, WhatIsSaidNotToBeThereAndIsWasNotRemoved) {
  answer("DELETE", status(404));
  answer("HEAD", sized(5));
  EXPECT_TRUE(
      fails_with(ErrorCode::kUnavailable, "then that it is", [&] { backend().remove(kPack, {}); }));
}

TEST_F(RestBackendTest, AServerMustSayHowLargeAFileIs) {
  answer("HEAD", status(200));
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "how large", [&] { backend().size(kPack, {}); }));
}

TEST_F(RestBackendTest, AnswersAreBounded) {
  answer("GET", status(200, {}, std::string(max_stored_bytes(FileKind::kLock) + 1, 'x')));
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, [&] { load(kLock); }));
}

}  // namespace
}  // namespace snapfs
