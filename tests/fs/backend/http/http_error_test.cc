#include "fs/backend/http/http_error.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/hex_bytes.h"

namespace snapfs {
namespace {

using std::chrono::seconds;
using test::to_bytes;

HttpResponse answer(int status, std::vector<HttpHeader> headers = {}, std::string_view body = {}) {
  return {status, std::move(headers), to_bytes(body)};
}

ErrorCode code_of(int status) { return http_error(answer(status), "no").code(); }

TEST(HttpError, EveryStatusHasItsMeaning) {
  for (const int status : {401, 407}) EXPECT_EQ(code_of(status), ErrorCode::kWrongCredentials);
  EXPECT_EQ(code_of(403), ErrorCode::kPermission);
  for (const int status : {404, 410}) EXPECT_EQ(code_of(status), ErrorCode::kNotFound);
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 520, 599}) {
    EXPECT_EQ(code_of(status), ErrorCode::kUnavailable) << status;
  }
  EXPECT_EQ(code_of(416), ErrorCode::kIo);
  for (const int status : {413, 507}) EXPECT_EQ(code_of(status), ErrorCode::kNoSpace);
  for (const int status : {301, 302, 307, 308, 405, 501, 505}) {
    EXPECT_EQ(code_of(status), ErrorCode::kUnsupported) << status;
  }
  for (const int status : {100, 200, 400, 409, 418}) EXPECT_EQ(code_of(status), ErrorCode::kIo);
}

TEST(HttpError, SaysWhatFailedAndWhatTheServerSaid) {
  const Error error = http_error(answer(403, {}, "\n blob already\texists \nmore"),
                                 "cannot save pack 1a2b on host", "1a2b");
  const std::string message = error.what();
  EXPECT_EQ(message.find("cannot save pack 1a2b on host: the server answered 403: "), 0U);
  EXPECT_NE(message.find("(\"blob already exists\")"), std::string::npos) << message;
  EXPECT_EQ(message.find("more"), std::string::npos);
  EXPECT_EQ(error.subject(), "1a2b");
}

TEST(HttpError, TheServersWordsAreShortAndHarmless) {
  const std::string steering =
      "a\x1b[2Jb\x9b"
      "c\x80" +
      std::string(1000, 'x');
  const std::string message = http_error(answer(400, {}, steering), "no").what();
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_EQ(message.find('\x80'), std::string::npos);
  EXPECT_LT(message.size(), 350U);
}

TEST(HttpError, DocumentsAreNotForPeople) {
  for (const std::string_view document : {"<?xml version=\"1.0\"?>", " <html>", "{\"a\": 1}"}) {
    const std::string message = http_error(answer(500, {}, document), "no").what();
    EXPECT_EQ(message.find('"'), std::string::npos) << message;
  }
  const std::string message = http_error_saying(answer(403), "no", "AccessDenied").what();
  EXPECT_NE(message.find("(\"AccessDenied\")"), std::string::npos);
}

TEST(HttpError, ARedirectNamesThePlaceWithoutItsSecrets) {
  const Error error = http_error(
      answer(302, {{"location", "https://user:secret@host:8/path\x1b?sig=secret"}}), "no");
  const std::string message = error.what();
  EXPECT_NE(message.find("https://host:8/path"), std::string::npos) << message;
  EXPECT_EQ(message.find("secret"), std::string::npos) << message;
  EXPECT_EQ(message.find('\x1b'), std::string::npos) << message;
}

TEST(HttpError, AWaitIsAskedForInSeconds) {
  const Error error = http_error(answer(429, {{"retry-after", " 7 "}}), "no");
  EXPECT_EQ(error.retry_after(), seconds(7));
  EXPECT_EQ(http_error(answer(403, {{"retry-after", "7"}}), "no").retry_after(), std::nullopt);
  EXPECT_EQ(http_error(answer(503), "no").retry_after(), std::nullopt);
}

TEST(HttpError, AWaitIsAskedForByADate) {
  // The three formats of RFC 9110 §5.6.7, by the server's own clock, which may be wrong.
  for (const std::string until : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                  "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(retry_after(
                  answer(503, {{"date", "Sun, 06 Nov 1994 08:49:07 GMT"}, {"retry-after", until}})),
              seconds(30))
        << until;
  }
  EXPECT_EQ(retry_after(answer(503, {{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"}})),
            seconds(0))
      << "past, by this machine's clock";
}

TEST(HttpError, WaitsThatMakeNoSenseAreBounded) {
  EXPECT_EQ(retry_after(answer(503, {{"retry-after", "99999999999999999999"}})),
            std::chrono::hours(24));
  EXPECT_EQ(retry_after(answer(503, {{"retry-after", "3000000000"}})), std::chrono::hours(24));
  for (const std::string text : {"", "soon", "-1"}) {
    EXPECT_EQ(retry_after(answer(503, {{"retry-after", text}})), std::nullopt) << text;
  }
}

TEST(HttpError, UrlsAreShownWithoutSecrets) {
  EXPECT_EQ(shown_url("https://host/a/b?X-Amz-Signature=s#f"), "https://host/a/b");
  EXPECT_EQ(shown_url("https://user:p@ss@host:1/a"), "https://host:1/a");
  EXPECT_EQ(shown_url("https://user@host"), "https://host");
  EXPECT_EQ(shown_url("http://host/a@b"), "http://host/a@b");
  EXPECT_EQ(shown_url("/path?s"), "/path");
}

}  // namespace
}  // namespace snapfs
