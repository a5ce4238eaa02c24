// Which proxy a request goes through: by the variables that nearly every program honours, read as
// restic (Go) reads them.
#pragma once

#include <string>
#include <string_view>

namespace snapfs {

/// What the environment says of proxies; each may be empty. The first two may hold a password.
struct HttpProxyVariables {
  std::string http;      ///< HTTP_PROXY, or http_proxy
  std::string https;     ///< HTTPS_PROXY, or https_proxy
  std::string no_proxy;  ///< NO_PROXY, or no_proxy

  /// HTTP_PROXY is passed over in a CGI process (REQUEST_METHOD is set), where a visitor of the web
  /// can set it by a header "Proxy".
  static HttpProxyVariables from_environment();
};

/// The proxy for `url`, with its scheme and port: "http://proxy.example:3128"; empty for none.
/// There is none for localhost and loopback addresses, nor for what no_proxy names, which is a list
/// with commas: "*" for everything, an address, a network ("10.0.0.0/8"), a domain with all below
/// it ("example.org"), only what is below it (".example.org" or "*.example.org"); each but the
/// networks with a port (":8000") or without.
std::string proxy_for(std::string_view url, const HttpProxyVariables& variables);

}  // namespace snapfs
