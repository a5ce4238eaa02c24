// What the user types for a repository: a path, or a scheme and what it needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace snapfs {

enum class RepositoryUse {
  kExisting,
  kNew,  ///< it is to be made
};

/// A repository string for people, with *** in place of the password that an address may hold, and
/// of what stands in a connection string of rclone's. A path is shown as it is. `text` may be any.
std::string shown_location(std::string_view text);

/// Any text, such as a command, with *** in place of the passwords of the URLs in it.
std::string without_url_passwords(std::string_view text);

/// How the storage is spoken to.
enum class Scheme : std::uint8_t {
  kLocal,   ///< a directory
  kRest,    ///< a server that speaks restic's REST protocol
  kS3,      ///< an object store with Amazon's protocol
  kSftp,    ///< a directory of a host that ssh reaches
  kRclone,  ///< whatever the program rclone reaches
};

/// A repository string taken apart.
struct RepositoryLocation {
  std::string path;  ///< as typed, without the scheme; may hold a password when it is no directory
  Scheme scheme = Scheme::kLocal;

  /// `text` is a path, or "<scheme>:<what it needs>". With a colon before the first slash it is a
  /// path only if it is a directory that exists: it could be an address. Throws Error{kUsage} when
  /// it is none, or empty, or an address with control characters in it or white space around it;
  /// Error{kUnsupported} for the scheme of a storage that this program does not know. What else is
  /// wrong with what stands behind the scheme, open_storage() says.
  static RepositoryLocation parse(std::string_view text,
                                  RepositoryUse use = RepositoryUse::kExisting);
};

}  // namespace snapfs
