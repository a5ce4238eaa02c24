#include "tests/support/fake_s3.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/s3/sigv4.h"
#include "fs/base/percent_text.h"
#include "fs/crypto/base64.h"
#include "fs/crypto/md5.h"
#include "fs/crypto/sha256.h"

namespace snapfs::test {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string decoded(std::string_view text) {
  auto bytes = percent_decoded(text);
  if (!bytes) throw std::invalid_argument("a URL that is not encoded");
  return *std::move(bytes);
}

std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [other, value] : request.headers) {
    if (std::ranges::equal(other, name, [](unsigned char a, unsigned char b) {
          return std::tolower(a) == std::tolower(b);
        })) {
      return value;
    }
  }
  return {};
}

/// What stands between the two in the text; empty when it is not there.
std::string between(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t found = text.find(begin);
  if (found == std::string_view::npos) return {};
  text.remove_prefix(found + begin.size());
  return std::string(text.substr(0, text.find(end)));
}

/// All tests within a process are at the manual clock's time.
constexpr Timestamp kManualTime{1'795'390'661, 0};

/// What format_amazon_time() writes.
std::optional<Timestamp> amazon_time(const std::string& text) {
  std::tm utc{};
  const char* const end = ::strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &utc);
  if (end == nullptr || *end != 0) return std::nullopt;
  return Timestamp{::timegm(&utc), 0};
}

HttpResponse with_body(std::string_view body) {
  HttpResponse response{.status = 200};
  response.body = copy_of(as_bytes(body));
  return response;
}

}  // namespace

std::optional<std::string> fake_s3_variables(std::string_view name) {
  if (name == "AWS_ACCESS_KEY_ID") return std::string(kFakeKeyId);
  if (name == "AWS_SECRET_ACCESS_KEY") return std::string(kFakeSecret);
  return std::nullopt;
}

HttpResponse s3_answer(int status, std::string_view code, std::string_view more_xml) {
  HttpResponse response{.status = status};
  response.headers = {{"date", "Sun, 22 Nov 2026 23:37:41 GMT"}};
  if (code.empty()) return response;
  response.body = copy_of(
      as_bytes(fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{}</Code>"
                           "<Message>words of {}</Message>{}</Error>",
                           code, code, more_xml)));
  return response;
}

/// A request taken apart.
struct FakeS3::Asked {
  explicit Asked(const HttpRequest& all) : request(all) {
    std::string_view url = all.url;
    const std::size_t slashes = url.find("//");
    url.remove_prefix(slashes + 2);
    host = url.substr(0, url.find('/'));
    url.remove_prefix(host.size());
    // A client sends no zone in the header.
    if (const std::size_t zone = host.find('%'); zone != std::string::npos) {
      host.erase(zone, host.find(']') - zone);
    }
    path = url.substr(0, url.find('?'));
    std::string_view text = url.substr(std::min(path.size() + 1, url.size()));
    while (!text.empty()) {
      const std::string_view part = text.substr(0, text.find('&'));
      text.remove_prefix(std::min(part.size() + 1, text.size()));
      const std::size_t equals = part.find('=');
      query.emplace(decoded(part.substr(0, equals)), decoded(part.substr(equals + 1)));
    }
    const std::size_t slash = path.find('/', 1);
    bucket = decoded(path.substr(1, slash - 1));
    key = slash == std::string::npos ? "" : decoded(path.substr(slash + 1));
  }

  std::string parameter(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? "" : found->second;
  }

  const HttpRequest& request;
  std::string host;
  std::string path;
  std::map<std::string, std::string> query;
  std::string bucket;
  std::string key;
};

FakeS3::FakeS3(Settings settings) { state_.lock()->settings = std::move(settings); }

HttpResponse FakeS3::perform(const HttpRequest& request, const StopToken& stop) {
  throw_if_stopped(stop);
  const auto state = state_.lock();
  state->requests.push_back(request);
  state->requests.back().body = {};
  if (state->hook) {
    if (auto response = state->hook(request)) return *std::move(response);
  }
  const Asked asked(request);
  HttpResponse response = answer(*state, asked);
  response.headers.emplace_back("content-length", std::to_string(response.body.size()));
  if (request.method == "HEAD") response.body.clear();
  if (response.body.size() > request.longest_answer) {
    throw Error(ErrorCode::kUnsupported, "the answer is too long");
  }
  return response;
}

void FakeS3::set_hook(Hook hook) { state_.lock()->hook = std::move(hook); }

void FakeS3::answer_once(HttpResponse response) {
  set_hook([answer = std::optional(std::move(response))](const HttpRequest&) mutable {
    return std::exchange(answer, std::nullopt);
  });
}

std::vector<HttpRequest> FakeS3::requests() const { return state_.lock()->requests; }

bool FakeS3::bucket_exists() const { return state_.lock()->settings.bucket_exists; }

void FakeS3::put(const std::string& key, std::string_view content) {
  state_.lock()->objects[key] = content;
}

std::vector<std::string> FakeS3::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, content] : state_.lock()->objects) keys.push_back(key);
  return keys;
}

std::optional<std::string> FakeS3::content(const std::string& key) const {
  const auto state = state_.lock();
  const auto found = state->objects.find(key);
  if (found == state->objects.end()) return std::nullopt;
  return found->second;
}

/// What is wrong with the signature, if anything: it is made again of what arrived.
std::optional<HttpResponse> FakeS3::refuse(const State& state, const Asked& asked) {
  const std::string authorization = header_of(asked.request, "authorization");
  if (authorization.empty()) return s3_answer(403, "AccessDenied");
  const std::string key_id = between(authorization, "Credential=", "/");
  if (key_id != kFakeKeyId) return s3_answer(403, "InvalidAccessKeyId");
  const std::string region = between(authorization.substr(authorization.find('/') + 9), "/", "/");
  if (region != state.settings.region) {
    HttpResponse response = s3_answer(400, "AuthorizationHeaderMalformed",
                                      fmt::format("<Region>{}</Region>", state.settings.region));
    response.headers.emplace_back("x-amz-bucket-region", state.settings.region);
    return response;
  }
  const std::string names = between(authorization, "SignedHeaders=", ",");
  SignedRequest signed_request{.method = asked.request.method, .path = asked.path};
  for (const auto& [name, value] : asked.query) signed_request.query.emplace_back(name, value);
  std::string_view rest = names;
  while (!rest.empty()) {
    const std::string name(rest.substr(0, rest.find(';')));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    signed_request.headers.emplace_back(
        name, name == "host" ? asked.host : header_of(asked.request, name));
  }
  for (const char* const needed : {"host", "x-amz-content-sha256", "x-amz-date"}) {
    if (names.find(needed) == std::string::npos) return s3_answer(403, "AccessDenied");
  }
  signed_request.payload_sha256 = header_of(asked.request, "x-amz-content-sha256");
  const std::string moment = header_of(asked.request, "x-amz-date");
  const Timestamp time =
      state.settings.takes_any_time ? amazon_time(moment).value_or(kManualTime) : kManualTime;
  if (moment != format_amazon_time(time)) return s3_answer(403, "RequestTimeTooSkewed");
  if (sign({key_id, std::string(kFakeSecret), region}, time, signed_request) != authorization) {
    return s3_answer(403, "SignatureDoesNotMatch");
  }
  if (signed_request.payload_sha256 != sha256(asked.request.body).hex()) {
    return s3_answer(400, "XAmzContentSHA256Mismatch");
  }
  return std::nullopt;
}

HttpResponse FakeS3::answer(State& state, const Asked& asked) {
  if (auto refused = refuse(state, asked)) return *std::move(refused);
  const std::string& method = asked.request.method;
  const bool is_there = asked.bucket == state.settings.bucket && state.settings.bucket_exists;
  if (asked.key.empty() && method == "PUT") {
    if (is_there) return s3_answer(409, "BucketAlreadyOwnedByYou");
    state.settings.bucket_exists = true;
    return {.status = 200};
  }
  if (!is_there) return s3_answer(404, "NoSuchBucket");
  if (asked.key.empty() && method == "GET") return answer_list(state, asked);
  if (method == "GET" || method == "HEAD") return answer_get(state, asked);
  if (method == "PUT") return answer_put(state, asked);
  if (method == "DELETE") {
    const bool was_there = state.objects.erase(asked.key) > 0;
    if (!was_there && state.settings.tells_what_it_misses) return s3_answer(404, "NoSuchKey");
    return {.status = 204};
  }
  return s3_answer(405, "MethodNotAllowed");
}

HttpResponse FakeS3::answer_list(const State& state, const Asked& asked) {
  const bool version_2 = asked.parameter("list-type") == "2";
  const std::string prefix = asked.parameter("prefix");
  const std::string after = asked.parameter(version_2 ? "continuation-token" : "marker");
  std::string contents;
  std::string last;
  std::size_t count = 0;
  bool is_truncated = false;
  for (const auto& [key, content] : state.objects) {
    if (!key.starts_with(prefix) || key <= after) continue;
    if (count == state.settings.page_size) {
      is_truncated = true;
      break;
    }
    ++count;
    last = key;
    contents += fmt::format("<Contents><Key>{}</Key><Size>{}</Size></Contents>", escaped(key),
                            content.size());
  }
  const std::string next =
      version_2 && is_truncated
          ? fmt::format("<NextContinuationToken>{}</NextContinuationToken>", escaped(last))
          : "";
  return with_body(fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>{}</IsTruncated>{}{}"
      "</ListBucketResult>",
      is_truncated, next, contents));
}

HttpResponse FakeS3::answer_get(const State& state, const Asked& asked) {
  const auto found = state.objects.find(asked.key);
  if (found == state.objects.end()) return s3_answer(404, "NoSuchKey");
  const std::string& content = found->second;
  const std::string range = header_of(asked.request, "range");
  if (range.empty()) return with_body(content);
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  const std::string begin = between(range, "bytes=", "-");
  const std::string end = between(range, "-", "\n");
  std::from_chars(begin.data(), begin.data() + begin.size(), first);
  std::from_chars(end.data(), end.data() + end.size(), last);
  if (first >= content.size()) return s3_answer(416, "InvalidRange");
  HttpResponse response = with_body(std::string_view(content).substr(first, last - first + 1));
  response.status = 206;
  response.headers.emplace_back(
      "content-range",
      fmt::format("bytes {}-{}/{}", first, first + response.body.size() - 1, content.size()));
  return response;
}

HttpResponse FakeS3::answer_put(State& state, const Asked& asked) {
  std::string digest;
  append_base64(digest, md5(asked.request.body));
  if (header_of(asked.request, "content-md5") != digest) return s3_answer(400, "BadDigest");
  state.objects[asked.key] = as_text(asked.request.body);
  return {.status = 200};
}

}  // namespace snapfs::test
