// Who is trusted, and what is said of those who are not.
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "fs/backend/http/curl_client.h"
#include "tests/fs/backend/http/test_certificates.h"
#include "tests/support/fails_with.h"
#include "tests/support/http_server.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

using test::CertificateWish;
using test::fails_with;
using test::HttpServer;
using test::ScopedVariable;
using test::TestAuthority;

class CurlTls : public ::testing::Test {
 protected:
  std::string server_file(const CertificateWish& wish = {}) {
    return directory_.write("server.pem", authority_.issue(wish));
  }

  HttpOptions trusting() {
    HttpOptions options;
    options.certificate_files = {authority_file_};
    return options;
  }

  /// A request to a server with such a certificate.
  void ask(const CertificateWish& wish, const HttpOptions& options) {
    HttpServer server({.tls = {{server_file(wish)}}});
    get(server.url(), options);
  }

  static int get(const std::string& url, const HttpOptions& options) {
    CurlClient client({.http = options});
    return client.perform({"GET", url}, {}).status;
  }

  test::TemporaryDirectory directory_;
  const TestAuthority authority_{"authority"};
  const TestAuthority other_{"other"};
  const std::string authority_file_ = directory_.write("authority.pem", authority_.certificate());
  const std::string other_file_ = directory_.write("other.pem", other_.certificate());
  // In the place of the system's, which not every machine has.
  const ScopedVariable system_file_{"SSL_CERT_FILE", other_file_};
  const ScopedVariable no_directory_{"SSL_CERT_DIR", std::nullopt};
};

TEST_F(CurlTls, TrustsWhomTheFilesName) {
  HttpServer server({.tls = {{server_file()}}});
  HttpOptions options;
  options.certificate_files = {other_file_, authority_file_};
  CurlClient client({.http = options});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.perform({"GET", server.url()}, {}).status, 200);
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(CurlTls, TrustsWhomTheVariableNames) {
  HttpServer server({.tls = {{server_file()}}});
  const ScopedVariable file("SSL_CERT_FILE", authority_file_);
  EXPECT_EQ(get(server.url(), {}), 200);
}

TEST_F(CurlTls, TheFilesStandInThePlaceOfTheSystems) {
  HttpServer server({.tls = {{server_file()}}});
  const ScopedVariable file("SSL_CERT_FILE", authority_file_);
  HttpOptions options;
  options.certificate_files = {other_file_};
  EXPECT_TRUE(
      fails_with(ErrorCode::kWrongCredentials, "--cacert", [&] { get(server.url(), options); }));
}

TEST_F(CurlTls, AnAuthorityThatNobodyKnowsIsNamed) {
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "--cacert", [&] { ask({}, {}); }));
}

TEST_F(CurlTls, AnAuthorityThatOnlyHasTheNameIsNotTrusted) {
  const TestAuthority impostor("authority");
  HttpOptions options;
  options.certificate_files = {directory_.write("impostor.pem", impostor.certificate())};
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, [&] { ask({}, options); }));
}

TEST_F(CurlTls, AHandshakeThatDoesNotEndMayBeTriedAgain) {
  HttpServer silent;
  HttpServer slow({.greeting = "\x15"});
  HttpOptions options;
  options.stuck_request_timeout = std::chrono::milliseconds(200);
  for (std::string url : {silent.url(), slow.url()}) {
    url.insert(4, "s");
    EXPECT_TRUE(fails_with(ErrorCode::kUnavailable, "in time", [&] { get(url, options); }));
  }
}

TEST_F(CurlTls, ACertificateForAnotherNameIsNamed) {
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "another name",
                         [&] { ask({.names = "DNS:elsewhere.example"}, trusting()); }));
}

TEST_F(CurlTls, ACertificateOfAnotherTimeIsNamed) {
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "expired",
                         [&] { ask({.valid_until = -60}, trusting()); }));
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "not valid yet",
                         [&] { ask({.valid_from = 1800}, trusting()); }));
}

TEST_F(CurlTls, WhatIsNotToBeTrustedEndsARun) {
  try {
    ask({}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(error.ends_the_run());
    EXPECT_FALSE(error.retryable());
    EXPECT_FALSE(error.concerns_one_copy());
  }
}

TEST_F(CurlTls, NothingIsCheckedWhenTheUserSaysSo) {
  HttpOptions options;
  options.insecure_tls = true;
  EXPECT_NO_THROW(ask({.names = "DNS:elsewhere.example", .valid_until = -60}, options));
}

TEST_F(CurlTls, AClientShowsItsCertificate) {
  HttpServer server({.tls = {{server_file(), authority_file_}}});
  HttpOptions options = trusting();
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "--tls-client-cert",
                         [&] { get(server.url(), options); }));
  options.client_certificate_file = directory_.write("stranger.pem", other_.issue());
  EXPECT_TRUE(fails_with(ErrorCode::kWrongCredentials, "--tls-client-cert",
                         [&] { get(server.url(), options); }));
  options.client_certificate_file = directory_.write("client.pem", authority_.issue());
  EXPECT_EQ(get(server.url(), options), 200);
}

TEST_F(CurlTls, AServerWithoutTlsIsNamed) {
  HttpServer server({.greeting = "HTTP/1.1 400 Bad Request\r\n\r\n"});
  std::string url = server.url();
  url.insert(4, "s");
  EXPECT_TRUE(fails_with(ErrorCode::kUnsupported, "http://", [&] { get(url, trusting()); }));
}

TEST_F(CurlTls, FilesThatHoldSomethingElseAreRefused) {
  const auto fails = [&](ErrorCode code, const HttpOptions& options) {
    return fails_with(code, directory_.path().string(),
                      [&] { const CurlClient client({.http = options}); });
  };
  HttpOptions options;
  options.certificate_files = {directory_ / "missing"};
  EXPECT_TRUE(fails(ErrorCode::kNotFound, options));
  options.certificate_files = {authority_file_, directory_.write("text", "no certificate")};
  EXPECT_TRUE(fails(ErrorCode::kUsage, options));
  options.certificate_files = {};
  options.client_certificate_file = authority_file_;  // without a key
  EXPECT_TRUE(fails(ErrorCode::kUsage, options));
  options.client_certificate_file = directory_.write(
      "sealed", authority_.certificate() + "-----BEGIN ENCRYPTED PRIVATE KEY-----\nx\n");
  EXPECT_TRUE(fails(ErrorCode::kUnsupported, options));
}

}  // namespace
}  // namespace snapfs
