#include "fs/backend/open/location.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include <fmt/format.h>

#include "fs/backend/rclone/rclone_command.h"
#include "fs/base/ascii_case.h"
#include "fs/base/error.h"
#include "fs/base/utf8.h"

namespace snapfs {
namespace {

struct NamedScheme {
  std::string_view name;
  Scheme scheme;
};

constexpr std::array<NamedScheme, 5> kSchemes = {{{"local", Scheme::kLocal},
                                                  {"rest", Scheme::kRest},
                                                  {"s3", Scheme::kS3},
                                                  {"sftp", Scheme::kSftp},
                                                  {"rclone", Scheme::kRclone}}};

/// What restic speaks itself, and this program through rclone.
struct OtherScheme {
  std::string_view name;
  std::string_view instead;
};

constexpr std::array<OtherScheme, 4> kOtherSchemes = {
    {{"azure", "rclone:REMOTE:CONTAINER/PATH"},
     {"b2", "s3:https://s3.REGION.backblazeb2.com/BUCKET/PATH or rclone:REMOTE:BUCKET/PATH"},
     {"gs", "s3:https://storage.googleapis.com/BUCKET/PATH or rclone:REMOTE:BUCKET/PATH"},
     {"swift", "rclone:REMOTE:CONTAINER/PATH"}}};

/// What stands before a colon, if that comes before any slash: "" for what can only be a path.
std::string_view scheme_of(std::string_view text) {
  const std::size_t end = text.find_first_of(":/");
  return end == std::string_view::npos || text[end] == '/' ? "" : text.substr(0, end);
}

template <class Named>
const Named* find_scheme(std::span<const Named> schemes, std::string_view name) {
  const auto found = std::ranges::find_if(
      schemes, [name](const Named& known) { return equals_in_any_case(name, known.name); });
  return found == schemes.end() ? nullptr : &*found;
}

const NamedScheme* find_ours(std::string_view name) {
  return find_scheme(std::span<const NamedScheme>(kSchemes), name);
}

const OtherScheme* find_other(std::string_view name) {
  return find_scheme(std::span<const OtherScheme>(kOtherSchemes), name);
}

bool is_known(std::string_view name) { return find_ours(name) || find_other(name); }

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// "http://h/r" is meant for one of those that speak HTTP.
bool is_web_url(std::string_view scheme) {
  return equals_in_any_case(scheme, "http") || equals_in_any_case(scheme, "https");
}

[[noreturn]] void throw_ambiguous(std::string_view text) {
  const std::string shown = shown_location(text);
  if (is_web_url(scheme_of(text))) {
    throw Error(
        ErrorCode::kUsage,
        fmt::format("\"{}\" does not say what is spoken there: write \"rest:{}\" for a REST "
                    "server, or \"s3:{}\" for an object store",
                    shown, shown, shown),
        shown);
  }
  if (is_known(trim_white_space(scheme_of(text)))) {
    throw Error(ErrorCode::kUsage,
                fmt::format("\"{}\" has white space before or behind its \"{}\": leave it out",
                            shown, trim_white_space(scheme_of(text))),
                shown);
  }
  throw Error(
      ErrorCode::kUsage,
      fmt::format("\"{}\" names no repository that this program knows: if it is a directory, "
                  "write \"local:{}\" or \"./{}\"",
                  shown, shown, shown),
      shown);
}

[[noreturn]] void throw_unsupported(const OtherScheme& other, std::string_view text) {
  const std::string shown = shown_location(text);
  throw Error(ErrorCode::kUnsupported,
              fmt::format("repositories of the kind \"{}:\" are not spoken to directly: use {}; "
                          "for a directory of that name, \"local:{}\"",
                          other.name, other.instead, shown),
              shown);
}

[[noreturn]] void throw_nothing_named() {
  throw Error(ErrorCode::kUsage,
              "no repository was named: give its directory or address with --repo, a profile that "
              "names one with -P, or set SNAPFS_REPOSITORY");
}

/// Nobody means a control character in an address; in the middle of it, it is the rest of a file
/// or a variable of several lines. White space around it may be a name's only where it is rclone's.
void require_clean_address(std::string_view scheme, Scheme kind, std::string_view text) {
  const bool has_control =
      std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (has_control) {
    throw Error(ErrorCode::kUsage,
                fmt::format("the repository's location \"{}:…\" holds a line end, a tab or another "
                            "control character: see that it is one line, and nothing else",
                            scheme));
  }
  if (kind != Scheme::kRclone && trim_white_space(text) != text) {
    throw Error(ErrorCode::kUsage,
                fmt::format("the repository's location \"{}:…\" begins or ends with white space: "
                            "leave it out (a blank that a URL is to end with is written %20)",
                            scheme));
  }
}

}  // namespace

std::string shown_location(std::string_view text) {
  const std::string_view name = scheme_of(text);
  if (name.empty() && !text.starts_with(':')) return std::string(text);
  if (const NamedScheme* const ours = find_ours(name)) {
    if (ours->scheme == Scheme::kLocal) return std::string(text);
    if (ours->scheme == Scheme::kRclone) {
      return fmt::format("{}:{}", name, shown_remote(text.substr(name.size() + 1)));
    }
  }
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return std::string(text);
  // What names somebody begins behind the slashes of a URL, or behind the scheme.
  const std::size_t slashes = text.find("//");
  std::size_t begin = 0;
  if (slashes != std::string_view::npos) {
    begin = slashes + 2;
  } else if (is_known(name)) {
    begin = name.size() + 1;
  }
  // To the last "@": a password may have one in it.
  const std::size_t colon = text.find(':', begin);
  if (colon == std::string_view::npos || colon > at) return std::string(text);
  return fmt::format("{}:***{}", text.substr(0, colon), text.substr(at));
}

std::string without_url_passwords(std::string_view text) {
  constexpr std::string_view kSlashes = "://";
  std::string shown;
  for (;;) {
    const std::size_t slashes = text.find(kSlashes);
    if (slashes == std::string_view::npos) return shown.append(text);
    const std::size_t begin = slashes + kSlashes.size();
    shown.append(text.substr(0, begin));
    text.remove_prefix(begin);
    const std::string_view host = text.substr(0, text.find_first_of("/?# \t\r\n\"'"));
    const std::size_t at = host.rfind('@');
    const std::size_t colon = host.find(':');
    if (at == std::string_view::npos || colon > at) continue;
    shown.append(host.substr(0, colon)).append(":***");
    text.remove_prefix(at);
  }
}

RepositoryLocation RepositoryLocation::parse(std::string_view text, RepositoryUse use) {
  const std::string_view name = scheme_of(text);
  if (text.empty()) throw_nothing_named();
  Scheme scheme = Scheme::kLocal;
  if (const NamedScheme* const ours = find_ours(name)) {
    scheme = ours->scheme;
    text.remove_prefix(name.size() + 1);
    if (scheme != Scheme::kLocal) require_clean_address(ours->name, scheme, text);
  } else if (!name.empty() || text.starts_with(':')) {
    if (const OtherScheme* const other = find_other(name)) throw_unsupported(*other, text);
    // It may well be the address of something far away: nothing is made here that was not there.
    if (use == RepositoryUse::kNew || !is_directory(std::string(text))) throw_ambiguous(text);
  }
  if (text.empty() && scheme == Scheme::kLocal) {
    throw Error(ErrorCode::kUsage,
                "the repository's directory is missing behind \"local:\": write local:DIRECTORY");
  }
  return {std::string(text), scheme};
}

}  // namespace snapfs
