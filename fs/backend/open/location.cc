#include "fs/backend/open/location.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr std::string_view kLocalScheme = "local";

constexpr std::array<std::string_view, 8> kFutureSchemes = {"rest",  "s3", "sftp",  "rclone",
                                                            "azure", "b2", "swift", "gs"};

/// What stands before a colon, if that comes before any slash: "" for what can only be a path.
std::string_view scheme_of(std::string_view text) {
  const std::size_t end = text.find_first_of(":/");
  return end == std::string_view::npos || text[end] == '/' ? "" : text.substr(0, end);
}

bool equals_in_any_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower,
                            [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

bool is_known(std::string_view scheme) {
  return std::ranges::any_of(kFutureSchemes, [scheme](std::string_view known) {
    return equals_in_any_case(scheme, known);
  });
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

[[noreturn]] void throw_ambiguous(std::string_view text) {
  const std::string shown = without_password(text);
  throw Error(
      ErrorCode::kUsage,
      fmt::format("\"{}\" names no repository that this program knows: if it is a directory, "
                  "write \"local:{}\" or \"./{}\"",
                  shown, shown, shown),
      shown);
}

[[noreturn]] void throw_unsupported(std::string_view scheme, std::string_view text) {
  const std::string shown = without_password(text);
  throw Error(
      ErrorCode::kUnsupported,
      fmt::format("repositories of the kind \"{}:\" are not supported yet; use a directory, "
                  "or \"local:{}\" if that is the name of one",
                  scheme, shown),
      shown);
}

}  // namespace

std::string without_password(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return std::string(text);
  // What names somebody begins behind the slashes of a URL, or behind the scheme.
  const std::size_t slashes = text.find("//");
  std::size_t begin = 0;
  if (slashes != std::string_view::npos) {
    begin = slashes + 2;
  } else if (is_known(scheme_of(text))) {
    begin = scheme_of(text).size() + 1;
  }
  // To the last "@": a password may have one in it.
  const std::size_t colon = text.find(':', begin);
  if (colon == std::string_view::npos || colon > at) return std::string(text);
  return fmt::format("{}:***{}", text.substr(0, colon), text.substr(at));
}

RepositoryLocation RepositoryLocation::parse(std::string_view text, RepositoryUse use) {
  const std::string_view scheme = scheme_of(text);
  if (equals_in_any_case(scheme, kLocalScheme)) {
    text.remove_prefix(scheme.size() + 1);
  } else if (!scheme.empty() || text.starts_with(':')) {
    if (is_known(scheme)) throw_unsupported(scheme, text);
    // It may well be the address of something far away: nothing is made here that was not there.
    if (use == RepositoryUse::kNew || !is_directory(std::string(text))) throw_ambiguous(text);
  }
  if (text.empty()) {
    throw Error(ErrorCode::kUsage,
                "no repository was named: give its directory with --repo, or set "
                "SNAPFS_REPOSITORY");
  }
  return {std::string(text)};
}

}  // namespace snapfs
