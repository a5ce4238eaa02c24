#include "fs/backend/s3/credential_services.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "fs/backend/http/http_error.h"
#include "fs/base/deadline.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/utf8.h"
#include "fs/format/json_fields.h"
#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

/// Where there is no such service the first packet may be dropped without an answer.
constexpr std::chrono::milliseconds kPatience{1000};

constexpr std::size_t kLongestAnswer = 64 << 10;
constexpr std::string_view kContainerHost = "http://169.254.170.2";
constexpr std::string_view kMachineHost = "http://169.254.169.254";

[[noreturn]] void throw_refused(std::string_view service, std::string_view reason) {
  throw Error(ErrorCode::kWrongCredentials,
              fmt::format("the credential service {} {}: set AWS_ACCESS_KEY_ID and "
                          "AWS_SECRET_ACCESS_KEY, or give the {} a role",
                          service, reason, service == kMachineHost ? "machine" : "container"));
}

HttpResponse ask(HttpClient& http, std::string method, std::string url,
                 std::vector<HttpHeader> headers, const StopToken& stop) {
  return http.perform({.method = std::move(method),
                       .url = std::move(url),
                       .headers = std::move(headers),
                       .longest_answer = kLongestAnswer,
                       .is_paced = false},
                      stop);
}

S3Credentials parse(const HttpResponse& response, std::string_view service) {
  try {
    const JsonFields fields(response.body, "the answer");
    S3Credentials credentials{std::string(fields.text("accesskeyid")),
                              std::string(fields.text("secretaccesskey")),
                              std::string(fields.text_or("token", ""))};
    const auto expires_at = parse_rfc3339(fields.text_or("expiration", ""));
    if (expires_at) credentials.expires_at = expires_at->instant;
    return credentials;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kDamaged) throw;
    throw_refused(service, "answered what this program does not understand");
  }
}

/// What is sent there tells who we are: not in plain text over a network.
bool may_be_asked(std::string_view url) {
  if (url.starts_with("https://")) return true;
  constexpr std::array<std::string_view, 6> kNear = {
      "http://127.",          "http://localhost",      "http://[::1]",
      "http://169.254.170.2", "http://169.254.170.23", "http://[fd00:ec2::23]"};
  return std::ranges::any_of(kNear, [url](std::string_view near) {
    if (!url.starts_with(near)) return false;
    const std::string_view rest = url.substr(near.size());
    if (near.ends_with('.')) {
      return rest.substr(0, rest.find_first_of("/:")).find_first_not_of("0123456789.") ==
             std::string_view::npos;
    }
    return rest.empty() || rest.front() == '/' || rest.front() == ':';
  });
}

std::optional<std::string> container_url(const EnvironmentLookup& variables) {
  if (const auto path = variables("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
    return fmt::format("{}{}{}", kContainerHost, path->starts_with('/') ? "" : "/", *path);
  }
  auto url = variables("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (url && !may_be_asked(*url)) {
    throw Error(ErrorCode::kUsage,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI names a place that is neither on this machine "
                "nor reached by https: nothing is asked there");
  }
  return url;
}

std::vector<HttpHeader> container_headers(const EnvironmentLookup& variables) {
  std::optional<std::string> token = variables("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const auto path = variables("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    token = as_text(read_file(*path, kLongestAnswer));
  }
  if (!token) return {};
  return {{"Authorization", std::string(trim_white_space(*token))}};
}

/// Stops with either.
class EitherStop {
 public:
  EitherStop(const StopToken& first, const StopToken& second)
      : first_(first, Request{source_}), second_(second, Request{source_}) {}

  StopToken token() const { return source_.get_token(); }

 private:
  struct Request {
    StopSource& source;
    void operator()() const { source.request_stop(); }
  };

  StopSource source_;
  std::stop_callback<Request> first_;
  std::stop_callback<Request> second_;
};

std::optional<S3Credentials> ask_machine(const std::string& host, HttpClient& http,
                                         const StopToken& stop) {
  const HttpResponse token = ask(http, "PUT", host + "/latest/api/token",
                                 {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}}, stop);
  if (token.status != 200) return std::nullopt;
  const std::vector<HttpHeader> headers = {
      {"x-aws-ec2-metadata-token", std::string(trim_white_space(as_text(token.body)))}};
  const std::string place = host + "/latest/meta-data/iam/security-credentials/";
  const HttpResponse roles = ask(http, "GET", place, headers, stop);
  const std::string_view names = as_text(roles.body);
  const std::string_view role = trim_white_space(names.substr(0, names.find('\n')));
  if (roles.status != 200 || role.empty()) return std::nullopt;
  const HttpResponse found = ask(http, "GET", place + std::string(role), headers, stop);
  if (found.status != 200) return std::nullopt;
  return parse(found, kMachineHost);
}

}  // namespace

std::optional<S3Credentials> credentials_of_container(const EnvironmentLookup& variables,
                                                      HttpClient& http, const StopToken& stop) {
  const std::optional<std::string> url = container_url(variables);
  if (!url) return std::nullopt;
  const HttpResponse response = ask(http, "GET", *url, container_headers(variables), stop);
  const std::string service = url->substr(0, url->find_first_of("/?", url->find("//") + 2));
  if (response.status >= 500 || response.status == 429) {
    const Error busy(ErrorCode::kUnavailable, fmt::format("the credential service {} answered {}",
                                                          service, response.status));
    const auto wait = retry_after(response);
    throw wait ? busy.with_retry_after(*wait) : busy;
  }
  if (response.status != 200) throw_refused(service, fmt::format("answered {}", response.status));
  return parse(response, service);
}

std::optional<S3Credentials> credentials_of_machine(const EnvironmentLookup& variables,
                                                    HttpClient& http, Timer& timer,
                                                    const StopToken& stop) {
  if (variables("AWS_EC2_METADATA_DISABLED") == "true") return std::nullopt;
  const std::string host =
      variables("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or(std::string(kMachineHost));
  const Deadline deadline(kPatience, timer);
  const EitherStop either(stop, deadline.token());
  try {
    return ask_machine(host, http, either.token());
  } catch (const Error& error) {
    throw_if_stopped(stop);
    if (error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kCancelled) {
      return std::nullopt;
    }
    throw;
  }
}

}  // namespace snapfs
