// The key files of an opened repository (FORMAT §3): which there are, another password, one less.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/crypto/kdf.h"
#include "fs/format/key_file.h"
#include "fs/time/clock.h"

namespace snapfs {

class Repository;

struct StoredKey {
  Id id;
  KeyFile file;
};

/// Hears of a key file that is damaged or cannot be read.
using DamagedKey = std::function<void(const Id& id, const Error& error)>;

/// All key files in ascending order of their IDs, without those that `damaged` hears of.
std::vector<StoredKey> list_keys(Repository& repository, const DamagedKey& damaged, StopToken stop);

/// Whose key a new one is to be called.
struct KeyOwner {
  std::string username;
  std::string hostname;
  /// How the password becomes a key. Nothing: as slowly as this machine does it in half a second.
  std::optional<ScryptParameters> kdf;
};

/// Has the repository open with another password, too, and returns the new key's ID. It is opened
/// once before this returns; a key that does not open is removed again, and an Error says so.
Id add_key(Repository& repository, const Clock& clock, ByteView password, const KeyOwner& owner,
           StopToken stop);

/// The key that `text`, an ID or an unambiguous beginning of one, stands for. Throws
/// Error{kNotFound}, Error{kUsage}.
Id find_key(Repository& repository, std::string_view text, StopToken stop);

/// Removes a key. Error{kUsage} for the one that the repository was opened with: somebody knows its
/// password.
void remove_key(Repository& repository, const Id& id, StopToken stop);

/// Puts a new password in place of the one that the repository was opened with: the new key is
/// added and opened before the old one is removed. Returns the new key's ID. The repository must
/// not be used for changes of its keys afterwards.
Id replace_key(Repository& repository, const Clock& clock, ByteView password, const KeyOwner& owner,
               StopToken stop);

}  // namespace snapfs
