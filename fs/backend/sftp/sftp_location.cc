#include "fs/backend/sftp/sftp_location.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/server_address.h"
#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/base/percent_text.h"

namespace snapfs {
namespace {

constexpr std::string_view kForms =
    "write sftp:user@host:directory, or sftp://user@host:port//directory";

/// Says nothing of the text itself: there may be a password in it.
[[noreturn]] void throw_wrong(std::string_view what) {
  throw Error(ErrorCode::kUsage, fmt::format("the repository's address {}: {}", what, kForms));
}

std::string decode_percent(std::string_view text) {
  std::optional<std::string> decoded = percent_decoded(text);
  if (!decoded) throw_wrong("has a % without two hexadecimal digits behind it (a % itself is %25)");
  return *std::move(decoded);
}

/// Takes "user@" away; a user may have an "@" in his name.
std::string take_user(std::string_view& text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return {};
  std::string user(text.substr(0, at));
  text.remove_prefix(at + 1);
  if (user.empty()) throw_wrong("has no user before the @");
  return user;
}

/// Takes the host away, and the brackets around it.
std::string take_host(std::string_view& text) {
  std::string_view host = text.substr(0, text.find(':'));
  std::size_t taken = host.size();
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) throw_wrong("has a [ without a ]");
    host = text.substr(1, end - 1);
    taken = end + 1;
  }
  text.remove_prefix(taken);
  return std::string(host);
}

/// What ssh would take for something else than a host is refused.
void require_host(const std::string& host) {
  if (host.empty()) throw_wrong("names no host");
  if (host.starts_with('-')) throw_wrong("has a host that begins with \"-\"");
  const bool is_plain = std::ranges::all_of(
      host, [](unsigned char c) { return c > ' ' && c != 0x7f && c != '/' && c != '@'; });
  if (!is_plain) throw_wrong("has a host with characters that no host has");
}

std::string checked_path(std::string_view path) {
  if (path.starts_with('~')) {
    throw_wrong(
        "has a path that begins with \"~\", which most servers do not know; a path without "
        "a slash at its beginning is in the home directory already");
  }
  if (path.find('\0') != std::string_view::npos) throw_wrong("has a zero byte in its path");
  std::string clean = clean_path(path);
  return clean == "." ? "" : clean;
}

SftpLocation parse_url(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash + 1 == text.size()) {
    throw_wrong("names no directory");
  }
  std::string_view authority = text.substr(0, slash);
  SftpLocation location;
  const std::string user = take_user(authority);
  if (user.find(':') != std::string::npos) {
    throw_wrong("has a password in it, which ssh does not take: use a key");
  }
  location.user = decode_percent(user);
  location.host = take_host(authority);
  if (authority.starts_with(':')) {
    location.port = authority.substr(1);
    if (const auto fault = fault_of_port(location.port); !fault.empty()) throw_wrong(fault);
  } else if (!authority.empty()) {
    throw_wrong("has something between the host and the path");
  }
  location.path = checked_path(decode_percent(text.substr(slash + 1)));
  return location;
}

SftpLocation parse_short(std::string_view text) {
  // The host ends at the first colon, or with its brackets; an "@" behind that is the path's.
  std::size_t colon = text.find(':');
  const std::size_t bracket = text.find("@[");
  if (bracket < colon) colon = text.find("]:", bracket);
  std::string_view head = text.substr(0, text.starts_with('[') ? 0 : colon);
  const std::size_t before = head.size();
  SftpLocation location;
  location.user = take_user(head);
  text.remove_prefix(before - head.size());
  location.host = take_host(text);
  if (!text.starts_with(':')) throw_wrong("has no colon behind the host");
  location.path = checked_path(text.substr(1));
  return location;
}

}  // namespace

SftpLocation SftpLocation::parse(std::string_view text) {
  if (text.empty()) throw_wrong("is missing behind \"sftp:\"");
  SftpLocation location = text.starts_with("//") ? parse_url(text.substr(2)) : parse_short(text);
  require_host(location.host);
  return location;
}

std::string SftpLocation::text() const {
  const std::string who = user.empty() ? "" : user + "@";
  const bool has_brackets = host.find(':') != std::string::npos;
  const std::string where = has_brackets ? fmt::format("[{}]", host) : host;
  if (port.empty()) return fmt::format("sftp:{}{}:{}", who, where, path);
  return fmt::format("sftp://{}{}:{}/{}", who, where, port, path);
}

}  // namespace snapfs
