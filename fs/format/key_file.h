// Key files (FORMAT §3): the master keys, sealed under a key derived from a password.
#pragma once

#include <cstdint>
#include <string>

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "fs/crypto/kdf.h"
#include "fs/crypto/keys.h"
#include "fs/time/timestamp.h"

namespace snapfs {

struct KeyFile {
  static constexpr std::size_t kSaltSize = 64;

  std::string created;  ///< RFC 3339
  std::string username;
  std::string hostname;
  ScryptParameters kdf;
  Bytes salt;
  Bytes data;  ///< the master keys' JSON, sealed
};

/// Seals `master` under `password`.
KeyFile make_key_file(const Keys& master, ByteView password, const ScryptParameters& parameters,
                      const ZonedTime& created, std::string username, std::string hostname);

/// The master keys; Error{kWrongPassword} when the password does not fit, or what derive_keys
/// throws.
Keys open_key_file(const KeyFile& file, ByteView password, const StopToken& stop = {});

/// The master keys as a key file holds them: one line of JSON without a newline. To be wiped by the
/// caller.
std::string encode_master_keys(const Keys& keys);

/// One line of JSON without a newline.
std::string encode_key_file(const KeyFile& file);

/// Throws Error{kDamaged} for text that is not a key file, or has unusable parameters,
/// Error{kUnsupported} when it wants another derivation than scrypt.
KeyFile parse_key_file(ByteView json);

}  // namespace snapfs
