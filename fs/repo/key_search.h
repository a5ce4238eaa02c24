// Which key file opens a repository: all of them are candidates, whoever put them there, until one
// has opened the config (FORMAT §3, §4).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/crypto/keys.h"
#include "fs/format/config.h"
#include "fs/repo/entrance.h"

namespace snapfs {

struct OpenedKey {
  Id id;
  Keys master;
  Config config;
};

struct KeySearch {
  /// How the ID of the key begins that is to be tried first; empty: none is. Nobody minds if there
  /// is no such key, or it does not open.
  std::string hint;

  /// Hears, before it is tried, of a key that wants more time or memory than keys do and is hinted
  /// at. May be empty.
  std::function<void(std::string_view message)> warn;
};

/// The key that the password opens, and that opens the config. They are tried in the order of how
/// likely they are: the one hinted at, those of this user, of this host, others. One that asks for
/// more time or memory than any program would have chosen is tried last, and only if it is hinted
/// at. One that is damaged, unreadable or foreign does not stop the search. `location` is for
/// messages. Throws Error{kWrongPassword}, Error{kDamaged}, Error{kUnsupported} for a config of
/// another version, or what kept the keys from being read.
OpenedKey find_opening_key(const Entrance& entrance, const std::string& location, ByteView password,
                           const KeySearch& search, const StopToken& stop);

}  // namespace snapfs
