// One HTTP request and its answer: all that the storages of the web need to know of HTTP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// Name and value.
using HttpHeader = std::pair<std::string, std::string>;

struct HttpRequest {
  std::string method;  ///< "GET"
  std::string url;     ///< sent exactly so; without a user or a password
  std::vector<HttpHeader> headers = {};
  ByteView body = {};  ///< must outlive the call; sent with its length, if the method has a body

  /// A longer answer is cut off with Error{kUnsupported}: nobody may fill our memory.
  std::size_t longest_answer = std::size_t{64} << 20;
  bool is_paced = true;  ///< counts against the rate limits, and waits for them
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers = {};  ///< names in lower case
  Bytes body = {};                       ///< as long as the server announced, if it did

  /// The header's value; `name` in lower case.
  std::optional<std::string_view> header(std::string_view name) const;

  /// Whether the server did what it was asked (2xx).
  bool is_success() const noexcept { return status >= 200 && status < 300; }

  /// What it says of the length of the body, also where none was asked for; nothing when that is no
  /// number.
  std::optional<std::uint64_t> content_length() const;
};

/// Thread-safe.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// Sends the request and waits for the whole answer, whatever its status; redirects are not
  /// followed. Throws Error{kUnavailable} when no whole answer came (no connection, a reset, a
  /// time-out, a body that is too short), kWrongCredentials when the server's certificate is not to
  /// be trusted, which ends a run, kCancelled within milliseconds once `stop` was requested.
  virtual HttpResponse perform(const HttpRequest& request, const StopToken& stop) = 0;
};

}  // namespace snapfs
