// What has to be read of a repository before a password can be tried: its config and its key files,
// as they are stored. They do not wait for each other, since far away each costs a round trip.
#pragma once

#include <array>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/format/key_file.h"

namespace snapfs {

/// Where one of these is, there is a repository, even without a config: `init` keeps off, and
/// whoever opens it is told what is missing.
inline constexpr std::array kUsedBy = {FileKind::kKey, FileKind::kSnapshot};

/// A value.
struct Entrance {
  /// A key file that can be tried.
  struct Key {
    Id id;
    KeyFile file;
  };
  /// One that cannot, and why.
  struct Unreadable {
    Id id;
    Error error;
  };

  /// Throws Error{kNoRepository}; Error{kDamaged} for a config that is empty, or missing where one
  /// of kUsedBy is there, or when there are no key files; or what kept both from being read.
  static Entrance read(Backend& backend, const StopToken& stop);

  Bytes config;
  std::vector<Key> keys;  ///< in no particular order
  std::vector<Unreadable> unreadable;
};

}  // namespace snapfs
