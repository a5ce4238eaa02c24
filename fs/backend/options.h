// What the user sets for one storage with the option -o, such as rest.connections=5.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace snapfs {

/// The settings of one scheme. Each storage takes those that it knows, and has the rest refused.
class BackendOptions {
 public:
  /// Those of `all` that begin with "<scheme>.".
  BackendOptions(std::string_view scheme, const std::map<std::string, std::string>& all);

  /// The value of <scheme>.<name>, which is known from then on; nothing when it was not set.
  std::optional<std::string> take(std::string_view name);

  /// The same, as a number of connections: at least 1, `otherwise` when it was not set or is 0.
  /// Throws Error{kUsage}.
  unsigned take_count(std::string_view name, unsigned otherwise);

  /// The same, as true or false (in any of Go's ways to write it: 1, t, T, TRUE, True, …): false
  /// when it was not set. Throws Error{kUsage}.
  bool take_flag(std::string_view name);

  /// Throws Error{kUsage} when something was set that nobody took.
  void finish() const;

 private:
  std::string scheme_;
  std::map<std::string, std::string> values_;  ///< without the scheme
};

}  // namespace snapfs
