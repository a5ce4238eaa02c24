// What the user types for a repository: a path, or a scheme and what it needs.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace snapfs {

class Backend;

/// A repository string taken apart. Only directories are supported so far.
struct RepositoryLocation {
  std::string path;  ///< as typed, without the scheme

  /// `text` is a path, or "local:<path>". Throws Error{kUsage} when it is empty,
  /// Error{kUnsupported} for the scheme of a storage that this program does not know yet.
  static RepositoryLocation parse(std::string_view text);
};

/// The storage behind the location.
std::unique_ptr<Backend> make_backend(const RepositoryLocation& location);

}  // namespace snapfs
