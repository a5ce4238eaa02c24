// How every request of a client is made. Only for the sources of this folder.
#pragma once

#include <chrono>
#include <string>

#include "fs/backend/http/curl_client.h"
#include "fs/backend/http/curl_handle.h"
#include "fs/backend/http/curl_library.h"
#include "fs/backend/http/http_proxy.h"
#include "fs/backend/http/tls_files.h"

namespace snapfs {

/// The same all the time, and read by many threads.
class CurlSettings {
 public:
  /// Reads the environment, and the files that the options name: throws as read_tls_files().
  explicit CurlSettings(const CurlClientOptions& options);

  /// Tells `easy` all but what concerns the bytes of the request. This must outlive its transfer.
  void apply(CURL* easy, const std::string& url) const;

  /// The server of the URL, as messages call it: host and port, the proxy, or the socket.
  std::string server_of(const std::string& url) const;

  /// Whether that is a Unix socket.
  bool has_socket() const noexcept { return !options_.unix_socket.empty(); }

  std::chrono::milliseconds stuck_timeout() const noexcept { return stuck_timeout_; }
  const RateLimits& limits() const noexcept { return options_.limits; }

 private:
  void apply_connection(CURL* easy, const std::string& url) const;
  void apply_tls(CURL* easy) const;
  void apply_system_authorities(CURL* easy) const;

  const CurlClientOptions options_;
  const std::chrono::milliseconds stuck_timeout_;
  const TlsFiles tls_;
  const HttpProxyVariables proxies_;
  const std::string authority_file_;       ///< that a variable names; empty: the system's
  const std::string authority_directory_;  ///< the same
};

namespace internal {
[[noreturn]] void throw_option_error(CURLcode code, CURLoption option);
}  // namespace internal

/// Sets an option of a handle. Throws Error{kOutOfResources}, or kUnsupported when this libcurl
/// does not know it.
template <class Value>
void set_option(CURL* easy, CURLoption option, Value value) {
  const CURLcode code = libcurl().easy_setopt(easy, option, value);
  if (code != CURLE_OK) internal::throw_option_error(code, option);
}

}  // namespace snapfs
