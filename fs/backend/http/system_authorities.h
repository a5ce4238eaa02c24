// Where a system keeps the certificates of the authorities that it trusts: every distribution
// elsewhere, and libcurl only knows the place of the one that it was built for.
#pragma once

#include <optional>
#include <string>

namespace snapfs {

/// Either may be empty.
struct SystemAuthorities {
  std::string file;       ///< of many certificates, as PEM
  std::string directory;  ///< of one certificate a file, with the names that c_rehash gives
};

/// What libcurl is to be told, whose own places are `built_in`; nothing when it finds them by
/// itself, or when no place that is known has any. `root` is what goes before every path, for
/// tests.
std::optional<SystemAuthorities> find_system_authorities(const SystemAuthorities& built_in,
                                                         const std::string& root = "");

}  // namespace snapfs
