// An object store in memory, in the place of the client that would reach one: it checks what it is
// asked as strictly as the real ones, and fails on command.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/http/http_client.h"
#include "fs/base/synchronized.h"

namespace snapfs::test {

/// The credentials that it knows.
inline constexpr std::string_view kFakeKeyId = "AKIDEXAMPLE";
inline constexpr std::string_view kFakeSecret = "secret/of+the=store";

/// The variables that have them, as an EnvironmentLookup.
std::optional<std::string> fake_s3_variables(std::string_view name);

/// An answer of S3: the XML of an error, when `code` is given.
HttpResponse s3_answer(int status, std::string_view code = {}, std::string_view more_xml = {});

/// One bucket, named in paths: http://HOST/BUCKET/KEY. Signatures, digests and ranges are checked;
/// listings have pages. Thread-safe.
class FakeS3 final : public HttpClient {
 public:
  struct Settings {
    std::string bucket = "bucket";
    std::string region = "us-east-1";
    std::size_t page_size = 10;
    bool bucket_exists = true;
    bool tells_what_it_misses = false;  ///< to a DELETE; Amazon's answers 204 all the same
    bool takes_any_time = false;        ///< a request's own; otherwise it is the manual clock's
  };
  /// Asked first; what it returns is the answer.
  using Hook = std::function<std::optional<HttpResponse>(const HttpRequest&)>;

  FakeS3() : FakeS3(Settings{}) {}
  explicit FakeS3(Settings settings);

  HttpResponse perform(const HttpRequest& request, const StopToken& stop) override;

  void set_hook(Hook hook);

  /// The next request is answered so.
  void answer_once(HttpResponse response);

  /// Those that came, in their order; bodies are not kept.
  std::vector<HttpRequest> requests() const;

  bool bucket_exists() const;
  void put(const std::string& key, std::string_view content);
  std::vector<std::string> keys() const;
  std::optional<std::string> content(const std::string& key) const;

 private:
  struct State {
    Settings settings;
    std::map<std::string, std::string> objects;
    std::vector<HttpRequest> requests;
    Hook hook;
  };
  struct Asked;

  static HttpResponse answer(State& state, const Asked& asked);
  static HttpResponse answer_list(const State& state, const Asked& asked);
  static HttpResponse answer_get(const State& state, const Asked& asked);
  static HttpResponse answer_put(State& state, const Asked& asked);
  static std::optional<HttpResponse> refuse(const State& state, const Asked& asked);

  Synchronized<State> state_;
};

}  // namespace snapfs::test
