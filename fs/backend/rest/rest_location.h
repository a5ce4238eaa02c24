// Where a repository on a REST server is: what stands behind "rest:" taken apart.
#pragma once

#include <string>
#include <string_view>

namespace snapfs {

/// Who asks. Both may be empty: the server is not told then.
struct RestCredentials {
  std::string user;
  std::string password;
};

struct RestLocation {
  std::string url = {};     ///< without user and password; ends with a slash
  std::string socket = {};  ///< the Unix socket on which the server listens; empty: there is none
  RestCredentials who = {};
  std::string shown = {};  ///< the whole, for messages: without the password

  /// `text` is http://[USER[:PASSWORD]@]HOST[:PORT]/PATH/ or the same with https, or
  /// http+unix://[USER[:PASSWORD]@]/SOCKET:/PATH/ (or https+unix). What user and password need
  /// percent signs for is decoded; `otherwise` stands in when there is neither. The path is
  /// cleaned ("a//b/../c" is "a/c"), and ends with a slash. Throws Error{kUsage} for anything else.
  static RestLocation parse(std::string_view text, const RestCredentials& otherwise = {});
};

}  // namespace snapfs
