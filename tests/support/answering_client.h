// An HTTP client whose server is a function of a test. Only a header, so that any test can include
// it.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "fs/backend/http/http_client.h"

namespace snapfs::test {

/// One request, as it was made.
struct SeenRequest {
  std::string method;
  std::string url;
  std::vector<HttpHeader> headers;
  Bytes body;
  std::size_t longest_answer = 0;
  bool is_paced = true;

  /// The header's value; empty when it was not sent.
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return "";
  }
};

/// What clients have asked, kept by the test; thread-safe.
class SeenRequests {
 public:
  void add(const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    all_.push_back({request.method, request.url, request.headers,
                    Bytes(request.body.begin(), request.body.end()), request.longest_answer,
                    request.is_paced});
  }

  std::vector<SeenRequest> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

  /// "GET http://h/config" of each, in the order in which they came.
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const SeenRequest& request : all()) lines.push_back(request.method + " " + request.url);
    return lines;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<SeenRequest> all_;
};

class AnsweringClient final : public HttpClient {
 public:
  using Answer = std::function<HttpResponse(const HttpRequest&)>;

  /// `seen` must outlive it. As the real one, it cuts off an answer that is too long.
  AnsweringClient(SeenRequests& seen, Answer answer) : seen_(seen), answer_(std::move(answer)) {}

  HttpResponse perform(const HttpRequest& request, const StopToken& stop) override {
    throw_if_stopped(stop);
    seen_.add(request);
    HttpResponse response = answer_(request);
    if (response.body.size() > request.longest_answer) {
      throw Error(ErrorCode::kUnsupported, "the answer is too long");
    }
    return response;
  }

 private:
  SeenRequests& seen_;
  const Answer answer_;
};

}  // namespace snapfs::test
