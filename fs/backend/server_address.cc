#include "fs/backend/server_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace snapfs {
namespace {

constexpr std::string_view kZoneMark = "%25";

bool is_ipv6(std::string_view text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

/// What stands between the brackets.
std::string_view fault_of_ipv6(std::string_view text) {
  const std::size_t percent = std::min(text.find('%'), text.size());
  const std::string_view zone = text.substr(percent);
  if (!is_ipv6(text.substr(0, percent))) return "has no IPv6 address between [ and ]";
  if (zone.empty()) return {};
  if (!zone.starts_with(kZoneMark) || zone.size() == kZoneMark.size()) {
    return "has an IPv6 zone that is not written behind %25, as in [fe80::1%25eth0]";
  }
  const bool is_plain = std::ranges::all_of(zone.substr(kZoneMark.size()), [](unsigned char c) {
    return c > ' ' && c < 0x7f &&
           std::string_view("%[]/?#@\"<>\\^`{|}").find(char(c)) == std::string_view::npos;
  });
  return is_plain ? std::string_view() : "has an IPv6 zone with characters that no zone has";
}

std::string_view fault_of_name(std::string_view name) {
  if (name.empty()) return "names no host";
  if (std::ranges::any_of(name, [](unsigned char c) { return c >= 0x80; })) {
    return "has a host that is not in ASCII (DNS knows it by a name that begins with xn--, which "
           "\"idn2 HOST\" prints)";
  }
  const bool is_plain = std::ranges::all_of(name, [](unsigned char c) {
    return c > ' ' && c != 0x7f &&
           std::string_view("\"<>\\^`{|}%?#@[]/").find(char(c)) == std::string_view::npos;
  });
  return is_plain ? std::string_view() : "has a host with characters that no host has";
}

}  // namespace

std::string_view fault_of_port(std::string_view text) {
  if (text.empty()) return "has no port behind the colon (leave the colon out, or write one)";
  const bool is_number = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) {
    return "has no number behind the host's colon (a / in a password is written %2F)";
  }
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && port != 0 ? std::string_view()
                                           : "has a port that is not from 1 to 65535";
}

std::string_view fault_of_web_host(std::string_view text) {
  std::string_view behind;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return "has a [ without a ]";
    const std::string_view fault = fault_of_ipv6(text.substr(1, end - 1));
    if (!fault.empty()) return fault;
    behind = text.substr(end + 1);
    if (!behind.empty() && behind.front() != ':') return "has something between the ] and the path";
  } else {
    if (is_ipv6(text)) return "has an IPv6 address that is not in brackets";
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view fault = fault_of_name(text.substr(0, colon));
    if (!fault.empty()) return fault;
    behind = text.substr(colon);
  }
  return behind.empty() ? behind : fault_of_port(behind.substr(1));
}

}  // namespace snapfs
