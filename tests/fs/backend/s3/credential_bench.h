// Where credentials may be found, made up by the tests of FoundCredentials. Only a header.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/s3/s3_credentials.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/manual_clock.h"
#include "tests/support/manual_timer.h"
#include "tests/support/sent_header.h"
#include "tests/support/temporary_directory.h"

namespace snapfs::test {

/// Answers by URL; what it does not know never answers.
class FakeServices final : public HttpClient {
 public:
  HttpResponse perform(const HttpRequest& request, const StopToken& stop) override {
    throw_if_stopped(stop);
    asked.push_back(request);
    bodies.emplace_back(as_text(request.body));
    const auto found = answers.find(request.method + " " + request.url);
    if (found == answers.end()) throw Error(ErrorCode::kUnavailable, "nobody is there");
    HttpResponse response{.status = found->second.first, .headers = headers};
    response.body = to_bytes(found->second.second);
    return response;
  }

  std::map<std::string, std::pair<int, std::string>> answers;
  std::vector<HttpHeader> headers;  ///< of all answers
  std::vector<HttpRequest> asked;
  std::vector<std::string> bodies;  ///< those of the requests are no longer there
};

/// A home directory, variables and services, all empty at first.
class CredentialBench : public ::testing::Test {
 protected:
  CredentialBench() { variables["HOME"] = home / ""; }

  FoundCredentials make() {
    return FoundCredentials(
        [this](std::string_view name) -> std::optional<std::string> {
          const auto found = variables.find(std::string(name));
          if (found == variables.end()) return std::nullopt;
          return found->second;
        },
        services, clock, timer, region);
  }

  S3Credentials get() { return *make().get({}); }

  /// Of temporary credentials that end in an hour of the clock's.
  static std::string json(std::string_view id, std::string_view expires = "2026-11-23T00:37:41Z") {
    return R"({"Code":"Success","AccessKeyId":")" + std::string(id) +
           R"(","SecretAccessKey":"s","Token":"t","Expiration":")" + std::string(expires) + "\"}";
  }

  /// The answer of a security token service to `call`.
  static std::string sts(const std::string& call, const std::string& id,
                         const std::string& expires = "2026-11-23T00:37:41Z") {
    return "<" + call + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + call +
           "Result><Credentials><AccessKeyId>" + id +
           "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
           "<Expiration>" +
           expires + "</Expiration></Credentials></" + call + "Result></" + call + "Response>";
  }

  static constexpr const char* kMachine = "http://169.254.169.254/latest/";

  void answer_as_machine(const std::string& answer) {
    const std::string base(kMachine);
    services.answers["PUT " + base + "api/token"] = {200, "a token"};
    services.answers["GET " + base + "meta-data/iam/security-credentials/"] = {200, "role\n"};
    services.answers["GET " + base + "meta-data/iam/security-credentials/role"] = {200, answer};
  }

  const TemporaryDirectory home;
  std::map<std::string, std::string> variables;
  std::string region;
  FakeServices services;
  ManualClock clock;
  ManualTimer timer;  // so that a service has all the time it takes
};

}  // namespace snapfs::test
