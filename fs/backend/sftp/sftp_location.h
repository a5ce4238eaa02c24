// What the user types for a directory of a host that ssh reaches.
#pragma once

#include <string>
#include <string_view>

namespace snapfs {

/// A host, as ssh knows it, and a directory there.
struct SftpLocation {
  std::string user = {};  ///< empty: ssh's choice
  std::string host;       ///< a name of ssh's configuration, too; IPv6 without brackets
  std::string port = {};  ///< digits; empty: ssh's choice
  std::string path;       ///< clean; below the home directory unless it begins with a slash; empty:
                          ///< the home directory itself

  /// `text` is what stands behind "sftp:": "user@host:path", or "//user@host:port/path" where the
  /// path is below the home directory unless it begins with a second slash, and may hold %20 for a
  /// blank. IPv6 is in brackets. Throws Error{kUsage}.
  static SftpLocation parse(std::string_view text);

  /// How messages call it.
  std::string text() const;
};

}  // namespace snapfs
