// HTTP by libcurl.
#pragma once

#include <memory>
#include <string>

#include "fs/backend/http/http_client.h"
#include "fs/backend/http/http_options.h"
#include "fs/base/rate_limit.h"
#include "fs/base/timer.h"

namespace snapfs {

/// What one client is for.
struct CurlClientOptions {
  HttpOptions http = {};

  /// Connections that are kept for the next request, idle for 90 s at most. There is no limit of
  /// those that are under way at once: that is RequestLimitBackend's, and locks overtake it.
  unsigned kept_connections = 5;

  RateLimits limits = {};  ///< what all requests but those that are not paced wait for

  /// The path of a socket to send all requests to, whatever host their URLs name, and without a
  /// proxy; empty: to that host.
  std::string unix_socket = {};
};

/// One thread moves the bytes of all requests; it is started by the first of them, so that a client
/// may be made before the process forks to go to the background, but not used. A stop is followed
/// within milliseconds, also while a name is looked up, which may leave that to a thread of
/// libcurl's until the system's resolver gives up.
///
/// A server may end a connection that was kept just when the next request is sent. Such a request
/// is sent again on a new one, once, so what it asks for has to be the same when asked for twice.
///
/// HTTP/1.1 only: every file is one request and one answer, so a connection each is what servers
/// and networks do best. Many requests in one HTTP/2 connection would share one window of TCP, and
/// wait for each other at every lost packet.
///
/// A connection is made within 30 s, TLS on it within 10 s. Proxies are taken from the environment
/// (http_proxy.h), certificates from HttpOptions, or else from the system (system_authorities.h) or
/// the variables SSL_CERT_FILE and SSL_CERT_DIR.
class CurlClient final : public HttpClient {
 public:
  /// The timer, which is the limits', too, must outlive it. Connects to nobody. Throws what
  /// read_tls_files() does, and Error{kOutOfResources}.
  explicit CurlClient(const CurlClientOptions& options, Timer& timer = steady_timer());

  /// Ends what is under way, with Error{kCancelled} for the callers, and waits for them to leave.
  ~CurlClient() override;

  /// Beside what HttpClient says: Error{kWrongCredentials} when the server's certificate is not to
  /// be trusted or it refuses ours, kUsage for what is no URL, kOutOfResources.
  HttpResponse perform(const HttpRequest& request, const StopToken& stop) override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace snapfs
