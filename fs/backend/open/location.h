// What the user types for a repository: a path, or a scheme and what it needs.
#pragma once

#include <string>
#include <string_view>

namespace snapfs {

enum class RepositoryUse {
  kExisting,
  kNew,  ///< it is to be made
};

/// `text`, for messages, with *** in place of the password that a URL may hold.
std::string without_password(std::string_view text);

/// A repository string taken apart. Only directories are supported so far.
struct RepositoryLocation {
  std::string path;  ///< as typed, without the scheme

  /// `text` is a path, or "local:<path>". With a colon before the first slash it is a path only if
  /// it is a directory that exists: it could be an address. Throws Error{kUsage} when it is none,
  /// or empty, Error{kUnsupported} for the scheme of a storage that this program does not know yet.
  static RepositoryLocation parse(std::string_view text,
                                  RepositoryUse use = RepositoryUse::kExisting);
};

}  // namespace snapfs
