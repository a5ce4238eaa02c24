#include "fs/backend/http/curl_settings.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "fs/backend/http/curl_library.h"
#include "fs/backend/http/http_error.h"
#include "fs/backend/http/system_authorities.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;

// Time-outs are those of Go's client, by which restic goes, so that a network that is good enough
// for the one is for the other: 30 s to connect, 10 s for TLS (curl_transfer.cc), 90 s that a
// connection is kept, and 30 s between signs of life.
constexpr milliseconds kConnectTimeout = std::chrono::seconds(30);
constexpr milliseconds kLongestStuck = std::chrono::hours(24);
constexpr long kIdleSeconds = 90;
constexpr long kKeepAliveSeconds = 30;
constexpr long kBufferBytes = 64 << 10;  ///< one for each direction of a request under way

/// Bytes that the kernel takes before they can be sent. More would look as if they had been: to
/// the time-out of requests that are stuck, and to the rate limit.
constexpr int kUnsentBytes = 256 << 10;

/// Children of this process inherit no connection.
curl_socket_t open_socket(void* /*unused*/, curlsocktype /*purpose*/, curl_sockaddr* address) {
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  if (address->family == AF_INET || address->family == AF_INET6) {
    // A kernel that does not know it does without.
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof(kUnsentBytes));
  }
  return fd;
}

milliseconds stuck_timeout_of(const HttpOptions& options) {
  const milliseconds wanted = options.stuck_request_timeout;
  return wanted.count() > 0 ? std::min(wanted, kLongestStuck) : HttpOptions().stuck_request_timeout;
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

/// What this libcurl is to be told of where the system's authorities are.
const std::optional<SystemAuthorities>& system_authorities() {
  static const std::optional<SystemAuthorities> found = [] {
    const auto text = [](const char* words) { return std::string(words == nullptr ? "" : words); };
    const curl_version_info_data* const own = libcurl().version_info(CURLVERSION_NOW);
    return own->age < CURLVERSION_SEVENTH
               ? std::nullopt  // says nothing of its places
               : find_system_authorities({text(own->cainfo), text(own->capath)});
  }();
  return found;
}

/// To both, the storage and a proxy that is reached by TLS itself.
void trust_file(CURL* easy, const char* path) {
  set_option(easy, CURLOPT_CAINFO, path);
  set_option(easy, CURLOPT_PROXY_CAINFO, path);
}

void trust_directory(CURL* easy, const char* path) {
  set_option(easy, CURLOPT_CAPATH, path);
  set_option(easy, CURLOPT_PROXY_CAPATH, path);
}

curl_blob blob_of(const std::string& bytes) {
  // Not written to: CURL_BLOB_NOCOPY.
  return {const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_NOCOPY};
}

void set_blob(CURL* easy, CURLoption option, const std::string& bytes) {
  curl_blob blob = blob_of(bytes);
  set_option(easy, option, &blob);
}

}  // namespace

void internal::throw_option_error(CURLcode code, CURLoption option) {
  if (code == CURLE_OUT_OF_MEMORY) throw Error(ErrorCode::kOutOfResources, "out of memory");
  throw Error(
      ErrorCode::kUnsupported,
      fmt::format("this system's libcurl ({}) cannot be told the option {}: {}; install one "
                  "that is built with TLS by OpenSSL",
                  libcurl().version_info(CURLVERSION_NOW)->version, static_cast<int>(option),
                  libcurl().easy_strerror(code)));
}

CurlSettings::CurlSettings(const CurlClientOptions& options)
    : options_(options),
      stuck_timeout_(stuck_timeout_of(options.http)),
      tls_(read_tls_files(options.http)),
      proxies_(HttpProxyVariables::from_environment()),
      authority_file_(variable("SSL_CERT_FILE")),
      authority_directory_(variable("SSL_CERT_DIR")) {}

std::string CurlSettings::server_of(const std::string& url) const {
  if (!options_.unix_socket.empty()) return options_.unix_socket;
  std::string shown = shown_url(url);
  const std::size_t slashes = shown.find("//");
  if (slashes == std::string::npos) return shown;
  const std::size_t host = slashes + 2;
  const std::string server = shown.substr(host, shown.find('/', host) - host);
  const std::string proxy = proxy_for(url, proxies_);
  return proxy.empty() ? server : fmt::format("{} (by the proxy {})", server, shown_url(proxy));
}

void CurlSettings::apply(CURL* easy, const std::string& url) const {
  set_option(easy, CURLOPT_URL, url.c_str());
  set_option(easy, CURLOPT_PATH_AS_IS, 1L);
  set_option(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set_option(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  set_option(easy, CURLOPT_USERAGENT, options_.http.user_agent.c_str());
  set_option(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  apply_connection(easy, url);
  apply_tls(easy);
}

void CurlSettings::apply_connection(CURL* easy, const std::string& url) const {
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  // A name that is still looked up must not hold up a stop.
  set_option(easy, CURLOPT_QUICK_EXIT, 1L);
  const milliseconds timeout = std::min(kConnectTimeout, stuck_timeout());
  set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
  set_option(easy, CURLOPT_MAXAGE_CONN, kIdleSeconds);
  set_option(easy, CURLOPT_TCP_NODELAY, 1L);
  set_option(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set_option(easy, CURLOPT_TCP_KEEPIDLE, kKeepAliveSeconds);
  set_option(easy, CURLOPT_TCP_KEEPINTVL, kKeepAliveSeconds);
  set_option(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
  set_option(easy, CURLOPT_UPLOAD_BUFFERSIZE, kBufferBytes);
  set_option(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  if (!options_.unix_socket.empty()) {
    set_option(easy, CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket.c_str());
    set_option(easy, CURLOPT_PROXY, "");
    return;
  }
  // libcurl is told which proxy, so that it reads no variable itself.
  set_option(easy, CURLOPT_PROXY, proxy_for(url, proxies_).c_str());
  set_option(easy, CURLOPT_NOPROXY, "");
  set_option(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

void CurlSettings::apply_system_authorities(CURL* easy) const {
  if (const auto& found = system_authorities()) {
    trust_file(easy, found->file.empty() ? nullptr : found->file.c_str());
    trust_directory(easy, found->directory.empty() ? nullptr : found->directory.c_str());
  }
  if (!authority_file_.empty()) trust_file(easy, authority_file_.c_str());
  if (!authority_directory_.empty()) trust_directory(easy, authority_directory_.c_str());
}

void CurlSettings::apply_tls(CURL* easy) const {
  set_option(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (options_.http.insecure_tls) {
    set_option(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set_option(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    set_option(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 0L);
    set_option(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 0L);
  }
  if (!tls_.authorities.empty()) {
    set_blob(easy, CURLOPT_CAINFO_BLOB, tls_.authorities);
    set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, tls_.authorities);
    // The system's are trusted beside them otherwise.
    trust_directory(easy, nullptr);
  } else {
    apply_system_authorities(easy);
  }
  if (!tls_.client_certificate.empty()) {
    set_option(easy, CURLOPT_SSLCERTTYPE, "PEM");
    set_blob(easy, CURLOPT_SSLCERT_BLOB, tls_.client_certificate);
    set_option(easy, CURLOPT_SSLKEYTYPE, "PEM");
    set_blob(easy, CURLOPT_SSLKEY_BLOB, tls_.client_certificate);
  }
}

}  // namespace snapfs
