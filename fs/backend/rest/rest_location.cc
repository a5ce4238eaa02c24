#include "fs/backend/rest/rest_location.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/server_address.h"
#include "fs/base/ascii_case.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/base/percent_text.h"

namespace snapfs {
namespace {

constexpr std::string_view kForm =
    "rest:http://[USER:PASSWORD@]HOST[:PORT]/PATH/, for example "
    "rest:https://backup.example.org:8000/me/";
constexpr std::string_view kSocketForm =
    "rest:http+unix:///SOCKET:/PATH/, for example rest:http+unix:///run/rest.socket:/me/";

/// The reason must not show what the user typed: where the password ends is not known.
[[noreturn]] void throw_wrong(std::string_view reason, std::string_view form = kForm) {
  throw Error(ErrorCode::kUsage,
              fmt::format("the location of the REST server {}: write it as {}", reason, form));
}

/// What is sent to servers, by its beginning as the user types it.
struct WebScheme {
  std::string_view typed;
  std::string_view sent;
  bool has_socket;
};

constexpr std::array<WebScheme, 4> kWebSchemes = {{{"http://", "http://", false},
                                                   {"https://", "https://", false},
                                                   {"http+unix://", "http://", true},
                                                   {"https+unix://", "https://", true}}};

const WebScheme& take_scheme(std::string_view& text) {
  for (const WebScheme& scheme : kWebSchemes) {
    if (!begins_in_any_case(text, scheme.typed)) continue;
    text.remove_prefix(scheme.typed.size());
    return scheme;
  }
  if (text.empty()) throw_wrong("is missing behind \"rest:\"");
  throw_wrong("begins with neither http:// nor https://");
}

std::string decoded_credential(std::string_view text) {
  std::optional<std::string> decoded = percent_decoded(text);
  if (!decoded) throw_wrong("has a % in its user or password that must be written %25");
  return *std::move(decoded);
}

/// A path as it is sent: what may not stand in a URL is encoded, what was encoded stays. It is
/// cleaned, since servers answer a path that is not with a redirect to one that is, which can be
/// followed by what reads, but not by what writes.
std::string sent_path(std::string_view text) {
  std::string path;
  const std::string clean = clean_path(fmt::format("/{}", text));
  text = clean;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '?' || c == '#') throw_wrong("has a ? or # in its path: write %3F or %23");
    if (c == '%' && !percent_byte(text.substr(i))) {
      throw_wrong("has a % in its path that must be written %25");
    }
    const bool is_sent = (c > ' ' && c < '\x7f') &&
                         std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
    if (is_sent) {
      path += c;
    } else {
      append_percent_byte(path, c);
    }
  }
  if (!path.ends_with('/')) path += '/';
  return path;
}

/// Takes what stands before the last "@" off `authority`; nothing when there is none.
std::optional<RestCredentials> take_credentials(std::string_view& authority) {
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view text = authority.substr(0, at);
  authority.remove_prefix(at + 1);
  const std::size_t colon = std::min(text.find(':'), text.size());
  RestCredentials who{decoded_credential(text.substr(0, colon)),
                      decoded_credential(text.substr(std::min(colon + 1, text.size())))};
  if (who.user.find(':') != std::string::npos) {
    throw_wrong("has a user with a colon, which HTTP cannot send");
  }
  return who;
}

/// How messages show who was named: as it was typed, but for the password.
std::string shown_credentials(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return "";
  const std::size_t colon = authority.substr(0, at).find(':');
  if (colon == std::string_view::npos) return fmt::format("{}@", authority.substr(0, at));
  return fmt::format("{}:***@", authority.substr(0, colon));
}

}  // namespace

RestLocation RestLocation::parse(std::string_view text, const RestCredentials& otherwise) {
  RestLocation location;
  const WebScheme& scheme = take_scheme(text);
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, slash);
  std::string_view path = text.substr(slash);
  location.shown = fmt::format("rest:{}{}", scheme.typed, shown_credentials(authority));
  const std::optional<RestCredentials> who = take_credentials(authority);
  location.who = who && !(who->user.empty() && who->password.empty()) ? *who : otherwise;
  if (scheme.has_socket) {
    const std::size_t colon = path.find(':');
    if (!authority.empty() || colon == std::string_view::npos || colon < 2) {
      throw_wrong("names no socket", kSocketForm);
    }
    location.socket = path.substr(0, colon);
    path.remove_prefix(colon + 1);
    if (!path.empty() && path.front() != '/') {
      throw_wrong("has no / behind the socket's colon", kSocketForm);
    }
    authority = "localhost";
    location.shown += location.socket + ":";
  } else {
    if (const std::string_view fault = fault_of_web_host(authority); !fault.empty()) {
      throw_wrong(fault);
    }
    location.shown += authority;
  }
  const std::string sent = sent_path(path);
  location.url = fmt::format("{}{}{}", scheme.sent, authority, sent);
  location.shown += sent;
  return location;
}

}  // namespace snapfs
