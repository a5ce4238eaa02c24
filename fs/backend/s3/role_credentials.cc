#include "fs/backend/s3/role_credentials.h"

#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/backend/http/http_error.h"
#include "fs/backend/s3/s3_error.h"
#include "fs/backend/s3/s3_xml.h"
#include "fs/backend/s3/sigv4.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/one_line.h"
#include "fs/base/utf8.h"
#include "fs/crypto/sha256.h"
#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

constexpr std::size_t kLongestAnswer = 64 << 10;
constexpr std::string_view kGlobalRegion = "us-east-1";  // of the service that is for all of them
constexpr std::string_view kSessionName = "snapfs";

/// What is asked of the service.
struct Question {
  std::string endpoint;
  QueryParameters form;
  std::string what;    ///< begins messages
  std::string advice;  ///< for whom the service refuses
};

std::string endpoint_of(std::string_view region) {
  if (region.empty()) return "https://sts.amazonaws.com";
  return fmt::format("https://sts.{}.amazonaws.com{}", region,
                     region.starts_with("cn-") ? ".cn" : "");
}

/// The host as it is signed: all between the slashes.
std::string host_of(std::string_view endpoint) {
  const std::size_t begin = endpoint.find("://");
  if (begin == std::string_view::npos) {
    throw Error(ErrorCode::kUsage,
                fmt::format("\"{}\" is no address of a security token service: it begins with "
                            "https:// or http://",
                            endpoint));
  }
  const std::string_view rest = endpoint.substr(begin + 3);
  return std::string(rest.substr(0, rest.find('/')));
}

HttpRequest make_request(const Question& question, const std::string& form) {
  HttpRequest request;
  request.method = "POST";
  request.url = fmt::format("{}://{}/", question.endpoint.substr(0, question.endpoint.find(':')),
                            host_of(question.endpoint));
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = as_bytes(form);
  request.longest_answer = kLongestAnswer;
  request.is_paced = false;
  return request;
}

void add_signature(HttpRequest& request, const S3Credentials& own, const std::string& region,
                   Timestamp now, const std::string& host) {
  const std::string digest = sha256(request.body).hex();
  request.headers.emplace_back("x-amz-content-sha256", digest);
  request.headers.emplace_back("x-amz-date", format_amazon_time(now));
  if (!own.session_token.empty()) {
    request.headers.emplace_back("x-amz-security-token", own.session_token);
  }
  SignedRequest to_sign{.method = request.method,
                        .path = "/",
                        .query = {},
                        .headers = request.headers,
                        .payload_sha256 = digest};
  to_sign.headers.emplace_back("host", host);  // the client sends it by itself
  const SigningKey key{own.key_id, own.secret, region, "sts"};
  request.headers.emplace_back("Authorization", sign(key, now, to_sign));
}

[[noreturn]] void throw_failure(const HttpResponse& response, const Question& question) {
  const S3Failure failure = parse_s3_failure(response.body);
  const bool is_busy = response.status >= 500 || response.status == 429 ||
                       failure.code == "Throttling" || failure.code == "IDPCommunicationError";
  std::string words = fmt::format("{}: the service answered {}", question.what, response.status);
  if (!failure.code.empty()) words += fmt::format(" ({})", one_line(failure.code));
  if (!failure.message.empty()) words += fmt::format(" \"{}\"", one_line(failure.message));
  if (is_busy) {
    const Error busy(ErrorCode::kUnavailable, words);
    const auto wait = retry_after(response);
    throw wait ? busy.with_retry_after(*wait) : busy;
  }
  throw Error(ErrorCode::kWrongCredentials, fmt::format("{}: {}", words, question.advice));
}

S3Credentials read_answer(const HttpResponse& response, const Question& question) {
  if (response.status != 200) throw_failure(response, question);
  std::optional<StsKeys> keys = parse_sts_keys(response.body);
  if (!keys) {
    throw Error(ErrorCode::kWrongCredentials,
                fmt::format("{}: {} answered what is no credentials: check that it is a security "
                            "token service",
                            question.what, question.endpoint));
  }
  S3Credentials credentials{std::move(keys->key_id), std::move(keys->secret),
                            std::move(keys->session_token)};
  if (const auto expires_at = parse_rfc3339(keys->expiration)) {
    credentials.expires_at = expires_at->instant;
  }
  return credentials;
}

/// Of restic's variables for roles: ours come first.
std::optional<std::string> role_setting(const EnvironmentLookup& variables, std::string_view name) {
  auto value = variables(fmt::format("SNAPFS_AWS_ASSUME_ROLE_{}", name));
  return value ? value : variables(fmt::format("RESTIC_AWS_ASSUME_ROLE_{}", name));
}

}  // namespace

std::optional<S3Credentials> credentials_of_web_identity(const RoleService& service,
                                                         const StopToken& stop) {
  const auto path = service.variables("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!path) return std::nullopt;
  const auto role = service.variables("AWS_ROLE_ARN");
  if (!role) {
    throw Error(ErrorCode::kWrongCredentials,
                "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not: set both");
  }
  const Bytes token = read_file(*path, kLongestAnswer);
  Question question;
  question.endpoint =
      service.variables("AWS_ENDPOINT_URL_STS").value_or(endpoint_of(service.region));
  question.form = {{"Action", "AssumeRoleWithWebIdentity"},
                   {"Version", "2011-06-15"},
                   {"RoleArn", *role},
                   {"RoleSessionName",
                    service.variables("AWS_ROLE_SESSION_NAME").value_or(std::string(kSessionName))},
                   {"WebIdentityToken", std::string(trim_white_space(as_text(token)))}};
  question.what = fmt::format("cannot assume the role {} with a web identity", *role);
  question.advice = fmt::format(
      "check that the role trusts who wrote {} (AWS_WEB_IDENTITY_TOKEN_FILE), and that the token "
      "has not expired",
      *path);
  const std::string form = encoded_query(question.form);
  return read_answer(service.http.perform(make_request(question, form), stop), question);
}

std::optional<S3Credentials> credentials_of_assumed_role(const S3Credentials& own,
                                                         const RoleService& service,
                                                         const StopToken& stop) {
  const auto role = role_setting(service.variables, "ARN");
  if (!role) return std::nullopt;
  const std::string region = role_setting(service.variables, "REGION").value_or(service.region);
  Question question;
  question.endpoint = role_setting(service.variables, "STS_ENDPOINT").value_or(endpoint_of(region));
  question.form = {
      {"Action", "AssumeRole"},
      {"Version", "2011-06-15"},
      {"RoleArn", *role},
      {"RoleSessionName",
       role_setting(service.variables, "SESSION_NAME").value_or(std::string(kSessionName))},
      {"DurationSeconds", "3600"}};
  for (const auto& [name, parameter] :
       {std::pair("EXTERNAL_ID", "ExternalId"), std::pair("POLICY", "Policy")}) {
    if (auto value = role_setting(service.variables, name)) {
      question.form.emplace_back(parameter, *std::move(value));
    }
  }
  question.what = fmt::format("cannot assume the role {}", *role);
  question.advice = fmt::format(
      "check that the role lets the key {} assume it, or unset RESTIC_AWS_ASSUME_ROLE_ARN",
      own.key_id);
  const std::string form = encoded_query(question.form);
  HttpRequest request = make_request(question, form);
  add_signature(request, own, region.empty() ? std::string(kGlobalRegion) : region,
                service.clock.now(), host_of(question.endpoint));
  return read_answer(service.http.perform(request, stop), question);
}

}  // namespace snapfs
