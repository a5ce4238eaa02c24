// The host and port in a repository's location: what is wrong with them, before anybody is asked.
#pragma once

#include <string_view>

namespace snapfs {

/// Why `text` is no TCP port (1 to 65535, in decimal digits), in words that go on after "the
/// location"; empty: it is one. They show nothing of `text`, which may be a part of a password.
std::string_view fault_of_port(std::string_view text);

/// The same for HOST or HOST:PORT as they stand in a URL of the web: a name in ASCII, an IPv4
/// address, or an IPv6 one in brackets, whose zone is written behind "%25" (RFC 6874).
std::string_view fault_of_web_host(std::string_view text);

}  // namespace snapfs
