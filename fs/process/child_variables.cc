#include "fs/process/child_variables.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>
#include <vector>

namespace snapfs {
namespace {

/// What begins the names of variables that open storage, and what ends those that are secret. Any
/// other program's secrets are its own: ssh may be told to use one that needs them.
constexpr std::array<std::string_view, 6> kStorage = {"AWS_", "AZURE_",  "B2_",
                                                      "OS_",  "RCLONE_", "ST_"};
constexpr std::array<std::string_view, 5> kSecret = {"_KEY", "_PASS", "_SAS", "_SECRET", "_TOKEN"};

/// What begins the names of ours, of restic's, and of rclone's, which gets them as it is started.
constexpr std::array<std::string_view, 3> kOurs = {"SNAPFS_", "RESTIC_", "RCLONE_"};
constexpr std::array<std::string_view, 2> kPassword = {"_PASSWORD", "_PASSWORD2"};

template <class Beginnings, class Ends>
bool is_named(std::string_view name, const Beginnings& beginnings, const Ends& endings) {
  const auto begins = [name](std::string_view part) { return name.starts_with(part); };
  const auto ends = [name](std::string_view part) { return name.ends_with(part); };
  return std::ranges::any_of(beginnings, begins) && std::ranges::any_of(endings, ends);
}

bool is_storage_secret(std::string_view name) {
  return is_named(name, kStorage, kSecret) || is_named(name, kStorage, kPassword);
}

bool is_proxy(std::string_view name) {
  return name.ends_with("_PROXY") || name.ends_with("_proxy");
}

/// "user:password@", where a host is named.
bool has_password(std::string_view authority) {
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const std::size_t at = authority.rfind('@');
  return at != std::string_view::npos && authority.find(':') < at;
}

/// Whether a URL in it has one.
bool has_url_with_password(std::string_view text) {
  constexpr std::string_view kBegin = "://";
  for (std::size_t begin = text.find(kBegin); begin != std::string_view::npos;
       begin = text.find(kBegin)) {
    text.remove_prefix(begin + kBegin.size());
    if (has_password(text)) return true;
  }
  return false;
}

}  // namespace

bool may_see(std::string_view variable, ChildSecrets secrets) {
  const std::size_t equals = std::min(variable.find('='), variable.size());
  const std::string_view name = variable.substr(0, equals);
  const std::string_view value = variable.substr(std::min(equals + 1, variable.size()));
  if (is_named(name, kOurs, kPassword)) return false;
  const bool url_has_password = has_url_with_password(value);
  const bool is_location = name.ends_with("_REPOSITORY") || name.ends_with("_REPOSITORY2");
  if (is_location && url_has_password) return false;
  if (secrets == ChildSecrets::kOfStorage) return true;
  // A proxy's may lack the scheme.
  return !url_has_password && !is_storage_secret(name) && !(is_proxy(name) && has_password(value));
}

void drop_passwords_from_environment() {
  std::vector<char*> kept;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (may_see(*variable, ChildSecrets::kOfStorage)) kept.push_back(*variable);
  }
  kept.push_back(nullptr);
  // The old list stays as it is for whoever is reading it, and the new one for ever: threads that
  // nobody waits for may read variables while the process ends.
  static auto& lists = *new std::vector<std::vector<char*>>;
  lists.push_back(std::move(kept));
  std::atomic_ref(environ).store(lists.back().data(), std::memory_order_release);
}

}  // namespace snapfs
