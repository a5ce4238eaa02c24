#include "fs/backend/http/http_proxy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "fs/base/ascii_case.h"
#include "fs/base/utf8.h"

namespace snapfs {
namespace {

/// An IPv6 address, or an IPv4 one as it is written in IPv6.
using IpAddress = std::array<std::uint8_t, 16>;
constexpr IpAddress kIpv4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kIpv4Offset = 12;

bool is_ipv4(const IpAddress& address) {
  return std::equal(address.begin(), address.begin() + kIpv4Offset, kIpv4Prefix.begin());
}

std::optional<IpAddress> parse_address(const std::string& text) {
  IpAddress address = kIpv4Prefix;
  if (::inet_pton(AF_INET, text.c_str(), address.data() + kIpv4Offset) == 1) return address;
  if (::inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

bool is_loopback(const IpAddress& address) {
  constexpr IpAddress kLoopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return is_ipv4(address) ? address[kIpv4Offset] == 127 : address == kLoopback;
}

struct Place {
  std::string host;  ///< in lower case, without the brackets and the zone of IPv6
  std::string port = {};
};

/// "host", "host:port", "[::1]", "[::1]:port", or a bare IPv6 address.
Place parse_place(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = std::min(text.find(']'), text.size());
    const std::string_view behind = text.substr(std::min(end + 1, text.size()));
    const std::string_view inside = text.substr(1, end - 1);
    return {ascii_lower(inside.substr(0, inside.find('%'))),
            std::string(behind.starts_with(':') ? behind.substr(1) : std::string_view())};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
    return {ascii_lower(text)};
  }
  return {ascii_lower(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

/// The host and port of a URL, of which `scheme` is known.
Place place_of(std::string_view url, std::string_view scheme) {
  const std::size_t begin = url.find("://") + 3;
  std::string_view authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  authority.remove_prefix(authority.rfind('@') + 1);  // npos + 1 is 0
  Place place = parse_place(authority);
  if (place.port.empty()) place.port = scheme == "https" ? "443" : "80";
  return place;
}

/// Nothing when `entry` is no network.
std::optional<bool> is_in_network(const std::optional<IpAddress>& address, std::string_view entry) {
  const std::size_t slash = entry.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto network = parse_address(std::string(entry.substr(0, slash)));
  unsigned bits = 0;
  const auto [end, error] =
      std::from_chars(entry.data() + slash + 1, entry.data() + entry.size(), bits);
  if (!network || error != std::errc() || end != entry.data() + entry.size()) return std::nullopt;
  if (is_ipv4(*network)) bits += 8 * kIpv4Offset;
  if (bits > 128 || !address || is_ipv4(*address) != is_ipv4(*network)) return false;
  for (unsigned bit = 0; bit < bits; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if (((*address).at(bit / 8) & mask) != ((*network).at(bit / 8) & mask)) return false;
  }
  return true;
}

bool is_in_domain(const std::string& host, std::string_view domain) {
  if (domain.starts_with("*.")) domain.remove_prefix(1);
  if (domain.starts_with('.')) return host.ends_with(domain);
  return host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

/// Whether an entry of no_proxy names the place.
bool names(std::string_view entry, const Place& place, const std::optional<IpAddress>& address) {
  if (entry == "*") return true;
  if (const auto network = is_in_network(address, entry)) return *network;
  const Place named = parse_place(entry);
  if (named.host.empty() || (!named.port.empty() && named.port != place.port)) return false;
  if (const auto named_address = parse_address(named.host)) return address == named_address;
  return is_in_domain(place.host, named.host);
}

bool is_excepted(const Place& place, std::string_view no_proxy) {
  const std::optional<IpAddress> address = parse_address(place.host);
  if (place.host == "localhost" || (address && is_loopback(*address))) return true;
  for (;;) {
    const std::size_t comma = no_proxy.find(',');
    const std::string_view entry = trim_white_space(no_proxy.substr(0, comma));
    if (!entry.empty() && names(entry, place, address)) return true;
    if (comma == std::string_view::npos) return false;
    no_proxy.remove_prefix(comma + 1);
  }
}

/// With the scheme and the port that Go takes for granted: libcurl has others. Go has the proxy
/// look up names for socks5, too.
std::string completed(std::string_view proxy) {
  std::string url(proxy);
  if (url.find("://") == std::string::npos) url = "http://" + url;
  if (url.starts_with("socks5://")) url.insert(6, "h");
  if (!url.starts_with("http://") && !url.starts_with("https://")) return url;
  const std::size_t begin = url.find("://") + 3;
  url.resize(std::min(url.find_first_of("/?#", begin), url.size()));
  const std::size_t host = std::max(url.rfind('@') + 1, begin);  // npos + 1 is 0
  if (parse_place(std::string_view(url).substr(host)).port.empty()) {
    url += url.starts_with("https://") ? ":443" : ":80";
  }
  return url;
}

std::string first_variable(const char* upper, const char* lower_case) {
  for (const char* const name : {upper, lower_case}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

}  // namespace

HttpProxyVariables HttpProxyVariables::from_environment() {
  const bool is_cgi = std::getenv("REQUEST_METHOD") != nullptr;
  return {first_variable(is_cgi ? "http_proxy" : "HTTP_PROXY", "http_proxy"),
          first_variable("HTTPS_PROXY", "https_proxy"), first_variable("NO_PROXY", "no_proxy")};
}

std::string proxy_for(std::string_view url, const HttpProxyVariables& variables) {
  const std::string scheme = ascii_lower(url.substr(0, url.find("://")));
  const std::string* proxy = nullptr;
  if (scheme == "http") proxy = &variables.http;
  if (scheme == "https") proxy = &variables.https;
  if (proxy == nullptr || proxy->empty()) return {};
  return is_excepted(place_of(url, scheme), variables.no_proxy) ? std::string() : completed(*proxy);
}

}  // namespace snapfs
