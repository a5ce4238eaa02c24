#include "fs/backend/s3/credential_files.h"

#include <cctype>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "fs/base/ascii_case.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/utf8.h"

namespace snapfs {
namespace {

using Profile = std::map<std::string, std::string, std::less<>>;

constexpr std::uint64_t kLongestFile = 1 << 20;

/// The section of the name; nothing when there is none. What is written twice counts as it is
/// written last.
std::optional<Profile> parse_profile(std::string_view text, std::string_view name) {
  std::optional<Profile> profile;
  bool is_ours = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const bool is_continued = text.front() == ' ' || text.front() == '\t';  // of a nested setting
    const std::string_view line = trim_white_space(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#' || line.front() == ';' || is_continued) continue;
    if (line.front() == '[') {
      is_ours = trim_white_space(line.substr(1, line.find(']') - 1)) == name;
      if (is_ours && !profile) profile.emplace();
    } else if (is_ours) {
      const std::size_t equals = std::min(line.find('='), line.size());
      const std::string_view value = line.substr(std::min(equals + 1, line.size()));
      (*profile)[ascii_lower(trim_white_space(line.substr(0, equals)))] = trim_white_space(value);
    }
  }
  return profile;
}

std::string value_of(const Profile& profile, std::string_view key) {
  const auto found = profile.find(key);
  return found == profile.end() ? std::string() : found->second;
}

/// In its place, or in the home directory; nothing when neither is known.
std::optional<std::string> path_of(const EnvironmentLookup& variables, std::string_view variable,
                                   std::string_view below_home) {
  if (auto path = variables(variable)) return path;
  const auto home = variables("HOME");
  if (!home) return std::nullopt;
  return fmt::format("{}/.aws/{}", *home, below_home);
}

std::optional<Profile> read_profile(const std::optional<std::string>& path, std::string_view name) {
  if (!path) return std::nullopt;
  try {
    return parse_profile(as_text(read_file(*path, kLongestFile)), name);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return std::nullopt;
  }
}

/// Rather than look elsewhere, and sign with something else than what was meant.
void require_keys(const Profile& profile, std::string_view name) {
  for (const std::string_view other :
       {"credential_process", "sso_session", "sso_start_url", "role_arn"}) {
    if (value_of(profile, other).empty()) continue;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the profile \"{}\" has {}, which this program does not understand: "
                            "run \"eval $(aws configure export-credentials --profile {} --format "
                            "env)\" first",
                            name, other, name));
  }
}

}  // namespace

std::optional<S3Credentials> credentials_of_files(const EnvironmentLookup& variables) {
  const std::optional<std::string> named = variables("AWS_PROFILE");
  const std::string name = named.value_or("default");
  const auto path = path_of(variables, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  const auto config_path = path_of(variables, "AWS_CONFIG_FILE", "config");
  Profile profile;
  bool is_there = false;
  const std::string in_config = name == "default" ? name : "profile " + name;
  // The file of credentials counts where both say something.
  for (auto& part : {read_profile(path, name), read_profile(config_path, in_config)}) {
    if (!part) continue;
    is_there = true;
    for (const auto& [key, value] : *part) profile.emplace(key, value);
  }
  S3Credentials credentials{value_of(profile, "aws_access_key_id"),
                            value_of(profile, "aws_secret_access_key"),
                            value_of(profile, "aws_session_token")};
  const bool has_id = !credentials.key_id.empty();
  const bool has_secret = !credentials.secret.empty();
  if (has_id && has_secret) return credentials;
  if (has_id || has_secret) {
    throw Error(ErrorCode::kWrongCredentials,
                fmt::format("the profile \"{}\" in {} has no {}", name, path.value_or(""),
                            has_id ? "aws_secret_access_key" : "aws_access_key_id"));
  }
  require_keys(profile, name);
  if (!named) return std::nullopt;
  throw Error(ErrorCode::kWrongCredentials,
              fmt::format("the profile \"{}\" (AWS_PROFILE) {} in {}", name,
                          is_there ? "has no credentials" : "is not", path.value_or("~/.aws")));
}

}  // namespace snapfs
