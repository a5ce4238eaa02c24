#include "tests/fs/backend/faults/web_place.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/http/curl_client.h"
#include "fs/backend/rest/rest_backend.h"
#include "fs/backend/s3/s3_backend.h"
#include "fs/backend/stack/request_limit.h"
#include "tests/support/fake_s3.h"

namespace snapfs::test {
namespace {

constexpr std::string_view kVersion2 = "application/vnd.x.restic.rest.v2";
constexpr std::string_view kPassword = "hush@hush";

/// As a client that waits in vain does soon.
constexpr std::chrono::milliseconds kShortPatience{60};

HttpResponse answer_of(int status, std::string_view body = {}) {
  HttpResponse response{.status = status};
  response.body = copy_of(as_bytes(body));
  return response;
}

/// restic's rest-server, or rclone in its place, with a directory in memory.
class RestStore final : public WebStore {
 public:
  explicit RestStore(bool is_rclone) : is_rclone_(is_rclone) {}

  HttpResponse answer(const SeenHttpRequest& request, const std::string& /*host*/) override {
    const std::lock_guard lock(mutex_);
    HttpResponse response = choose(request);
    if (request.method == "HEAD") {
      response.headers.emplace_back("content-length", std::to_string(response.body.size()));
      response.body.clear();
    }
    if (is_rclone_) response.headers.emplace_back("server", "rclone/v1.60.1-DEV");
    return response;
  }

  void put(const FileKey& key, const Bytes& bytes) override {
    const std::lock_guard lock(mutex_);
    files_[target_of(key)] = bytes;
  }

  std::optional<Bytes> get(const FileKey& key) const override {
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(target_of(key));
    if (found == files_.end()) return std::nullopt;
    return found->second;
  }

 private:
  static std::string target_of(const FileKey& key) {
    if (key.kind == FileKind::kConfig) return "/r/config";
    return fmt::format("/r/{}/{}", directory_of(key.kind), key.id.hex());
  }

  HttpResponse choose(const SeenHttpRequest& request) {
    const std::string& target = request.target;
    if (request.header("authorization") != "Basic a2VlcGVyOmh1c2hAaHVzaA==") return answer_of(401);
    if (target == "/r/?create=true") return answer_of(200);
    if (target.ends_with('/')) return list(target);
    const auto found = files_.find(target);
    if (request.method == "POST") {
      if (found != files_.end() && !is_rclone_) return answer_of(403);
      files_[target] = copy_of(as_bytes(request.body));
      return answer_of(200);
    }
    if (found == files_.end()) return answer_of(404, "404 page not found\n");
    if (request.method == "DELETE") {
      files_.erase(found);
      return answer_of(200);
    }
    return load(found->second, request.header("range"));
  }

  HttpResponse list(const std::string& target) const {
    std::string json = "[";
    for (const auto& [name, bytes] : files_) {
      if (!name.starts_with(target)) continue;
      json += fmt::format("{}{{\"name\":\"{}\",\"size\":{}}}", json.size() > 1 ? "," : "",
                          name.substr(target.size()), bytes.size());
    }
    HttpResponse response = answer_of(200, json + "]");
    response.headers.emplace_back("content-type", kVersion2);
    return response;
  }

  static HttpResponse load(const Bytes& bytes, const std::string& range) {
    if (!range.starts_with("bytes=")) return answer_of(200, as_text(bytes));
    std::size_t first = 0;
    std::size_t last = bytes.size() - 1;
    const char* const end = range.data() + range.size();
    const auto dash = std::from_chars(range.data() + 6, end, first).ptr;
    std::from_chars(dash + 1, end, last);
    if (first >= bytes.size()) return answer_of(416);
    last = std::min(last, bytes.size() - 1);
    HttpResponse response = answer_of(206, as_text(bytes).substr(first, last - first + 1));
    response.headers.emplace_back("content-range",
                                  fmt::format("bytes {}-{}/{}", first, last, bytes.size()));
    return response;
  }

  const bool is_rclone_;
  mutable std::mutex mutex_;
  std::map<std::string, Bytes> files_;
};

class S3Store final : public WebStore {
 public:
  HttpResponse answer(const SeenHttpRequest& request, const std::string& host) override {
    HttpRequest asked{.method = request.method,
                      .url = fmt::format("http://{}{}", host, request.target)};
    for (const auto& [name, value] : request.headers) asked.headers.emplace_back(name, value);
    asked.body = as_bytes(request.body);
    return store_.perform(asked, {});
  }
  void put(const FileKey& key, const Bytes& bytes) override {
    store_.put("r/" + path_of(key), as_text(bytes));
  }
  std::optional<Bytes> get(const FileKey& key) const override {
    const auto found = store_.content("r/" + path_of(key));
    if (!found) return std::nullopt;
    return copy_of(as_bytes(*found));
  }

 private:
  FakeS3 store_{{.page_size = 5, .tells_what_it_misses = true}};
};

std::unique_ptr<WebStore> make_store(WebKind kind) {
  if (kind == WebKind::kS3) return std::make_unique<S3Store>();
  return std::make_unique<RestStore>(kind == WebKind::kRclone);
}

}  // namespace

WebPlace::WebPlace(WebKind kind, bool is_patient) : kind_(kind), store_(make_store(kind)) {
  for (const auto& [key, bytes] : stored_world()) store_->put(key, bytes);
  start_server();
  CurlClientOptions options;
  if (!is_patient) options.http.stuck_request_timeout = kShortPatience;
  auto client = std::make_unique<CurlClient>(options);
  std::unique_ptr<Backend> backend;
  if (kind == WebKind::kS3) {
    backend = std::make_unique<S3Backend>(
        std::move(client), S3Location::parse(fmt::format("http://{}/bucket/r", host())),
        S3Options{}, fake_s3_variables, clock_, timer_);
  } else {
    backend = std::make_unique<RestBackend>(
        std::move(client),
        RestLocation::parse(fmt::format("http://keeper:hush%40hush@{}/r/", host())),
        RestBackend::kRequests, timer_);
  }
  stack_ = std::make_unique<BackendStack>(std::move(backend));
  stack_->put_before<RequestLimitBackend>(8U);
  stack_->put_before<RetryBackend>([this](const RetryNotice& notice) { note(notice); },
                                   RetryPolicy{.jitter = 0, .budget = kBudget}, timer_, 1U);
}

WebPlace::~WebPlace() = default;

void WebPlace::start_server() {
  server_.reset();
  server_ = std::make_unique<HttpServer>(HttpServerOptions{.port = port_.number()});
  server_->otherwise([this](const SeenHttpRequest& head) { return handle(head); });
}

std::string WebPlace::host() const { return fmt::format("127.0.0.1:{}", port_.number()); }

std::vector<std::string> WebPlace::secrets() {
  return {std::string(kPassword), "hush%40hush",
          "a2VlcGVyOmh1c2hAaHVzaA==", std::string(kFakeSecret), "Signature="};
}

void WebPlace::plant(const WebFault& fault, bool lasts, std::size_t number) {
  {
    const std::lock_guard lock(mutex_);
    fault_ = &fault;
    lasts_ = lasts;
    number_ = number;
    requests_ = 0;
    if (fault.takes_server_away) struck_ = StruckRequest{"", "", fault.effect};
  }
  if (fault.takes_server_away) server_.reset();
}

std::size_t WebPlace::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::optional<StruckRequest> WebPlace::struck() const {
  const std::lock_guard lock(mutex_);
  return struck_;
}

std::chrono::milliseconds WebPlace::waited() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(timer_.now().time_since_epoch());
}

void WebPlace::note(const RetryNotice& notice) {
  notices_.push_back(notice);
  if (notice.fault.empty() || fault_ == nullptr) return;
  if (fault_->restarts_server || (fault_->takes_server_away && !lasts_)) start_server();
}

HttpScript WebPlace::handle(const SeenHttpRequest& head) {
  const std::string host = this->host();
  const std::lock_guard lock(mutex_);
  ++requests_;
  const bool is_due = fault_ != nullptr && requests_ >= number_ && (lasts_ || !struck_);
  if (!is_due || (fault_->meets && !fault_->meets(head))) {
    return HttpScript::chosen_by([this, host](const SeenHttpRequest& request) {
      return HttpScript().send(wire(store_->answer(request, host)));
    });
  }
  const bool is_first = !struck_;
  if (is_first) struck_ = StruckRequest{head.method, head.target, fault_->effect};
  if (fault_->at_once) return *fault_->at_once;
  return HttpScript::chosen_by([this, host, is_first](const SeenHttpRequest& request) {
    const HttpResponse right =
        fault_->does_nothing ? HttpResponse{} : store_->answer(request, host);
    WebStrike strike = fault_->spoil({request, right, elsewhere_.url("/r/")});
    const std::lock_guard lock(mutex_);
    // What it did to the first of them that it could do something to.
    if (is_first || struck_->effect == FaultEffect::kNone) {
      struck_ = StruckRequest{request.method, request.target, strike.effect};
    }
    return std::move(strike.script);
  });
}

}  // namespace snapfs::test
