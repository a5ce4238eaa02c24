#include "fs/backend/s3/s3_client.h"

#include <utility>

#include <fmt/format.h>

#include "fs/backend/s3/s3_error.h"
#include "fs/base/percent_text.h"
#include "fs/crypto/sha256.h"

namespace snapfs {
namespace {

constexpr std::string_view kDefaultRegion = "us-east-1";

/// It becomes a part of the host that is asked next, and comes from a server.
bool is_name_of_region(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

/// Answers with which storages say, besides other things, that it is another region.
bool may_be_about_region(int status) {
  return status == 301 || status == 307 || status == 400 || status == 403;
}

/// The host as it is sent in the header: a zone means something on this machine only.
std::string sent_host(std::string host) {
  const std::size_t percent = host.find('%');
  if (percent != std::string::npos) host.erase(percent, host.find(']') - percent);
  return host;
}

bool is_about_expiry(std::string_view code) {
  return code == "ExpiredToken" || code == "ExpiredTokenException" || code == "InvalidToken" ||
         code == "TokenRefreshRequired" || code == "InvalidAccessKeyId";
}

}  // namespace

S3Client::S3Client(HttpClient& http, S3CredentialSource& credentials, const Clock& clock,
                   Place place)
    : http_(http),
      credentials_(credentials),
      clock_(clock),
      place_(std::move(place)),
      region_(place_.region.value_or(
          place_.location.region_of_host().value_or(std::string(kDefaultRegion)))) {}

HttpRequest S3Client::make_request(const S3Request& request, const S3Credentials* credentials,
                                   const std::string& region) const {
  const S3Location::Target target = place_.location.target(place_.lookup, region);
  const std::string path = target.path + percent_encoded(request.key, Slashes::kKept);
  const std::string query = encoded_query(request.query);
  HttpRequest http;
  http.method = request.method;
  http.url = fmt::format("{}://{}{}{}{}", place_.location.tls ? "https" : "http", target.host, path,
                         query.empty() ? "" : "?", query);
  http.headers = request.headers;
  http.body = request.body;
  http.longest_answer = request.longest_answer;
  http.is_paced = request.is_paced;
  if (credentials == nullptr) return http;

  const Timestamp now = clock_.now();
  const std::string digest =
      request.body.empty() ? std::string(kEmptySha256) : sha256(request.body).hex();
  http.headers.emplace_back("x-amz-content-sha256", digest);
  http.headers.emplace_back("x-amz-date", format_amazon_time(now));
  if (!credentials->session_token.empty()) {
    http.headers.emplace_back("x-amz-security-token", credentials->session_token);
  }
  SignedRequest to_sign{.method = http.method,
                        .path = path,
                        .query = request.query,
                        .headers = http.headers,
                        .payload_sha256 = digest};
  to_sign.headers.emplace_back("host", sent_host(target.host));  // by the client itself
  http.headers.emplace_back("Authorization",
                            sign({credentials->key_id, credentials->secret, region}, now, to_sign));
  return http;
}

bool S3Client::learn_region(const HttpResponse& response, const std::string& used) {
  if (!may_be_about_region(response.status)) return false;
  std::string region(response.header("x-amz-bucket-region").value_or(std::string_view()));
  if (region.empty()) region = parse_s3_failure(response.body).region;
  if (!is_name_of_region(region) || region == used) return false;
  *region_.lock() = region;
  return true;
}

HttpResponse S3Client::perform(const S3Request& request, const StopToken& stop) {
  bool may_learn = true;
  bool may_renew = true;
  for (;;) {
    throw_if_stopped(stop);
    const std::shared_ptr<const S3Credentials> credentials = credentials_.get(stop);
    const std::string used = region();
    HttpResponse response = http_.perform(make_request(request, credentials.get(), used), stop);
    if (response.is_success()) return response;
    if (std::exchange(may_learn, false) && learn_region(response, used)) continue;
    if (credentials && may_renew && is_about_expiry(parse_s3_failure(response.body).code) &&
        credentials_.renew(*credentials)) {
      may_renew = false;
      continue;
    }
    return response;
  }
}

Error S3Client::error_of(const HttpResponse& response, std::string_view what,
                         std::string_view subject) const {
  return s3_error(response, parse_s3_failure(response.body), what, clock_.now(), subject);
}

}  // namespace snapfs
