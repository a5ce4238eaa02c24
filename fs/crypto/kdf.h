// Passwords into keys: scrypt (RFC 7914) with the parameters of the key file (FORMAT §3).
#pragma once

#include <cstdint>

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "fs/crypto/keys.h"

namespace snapfs {

struct ScryptParameters {
  std::uint64_t n = 32768;  ///< cost: a power of two above 1
  std::uint32_t r = 8;
  std::uint32_t p = 1;

  /// Whether the format allows them: bounds that keep memory below 2 GiB.
  bool valid() const noexcept;

  /// Whether some program would have chosen them to make a key with that opens in a second or so.
  /// Only for valid ones. Others want to be tried last: such a key may have been put there by
  /// somebody without the password, to waste the time and memory of those who have it.
  bool customary() const noexcept;

  /// What a derivation needs, in bytes: a table, and a block for each of the p mixings (RFC 7914,
  /// section 6). Only for valid ones.
  std::uint64_t memory() const noexcept { return std::uint64_t{128} * r * (n + p); }
};

/// Throws Error{kDamaged} when the parameters are not valid, Error{kOutOfResources} when memory or
/// a thread is short, Error{kCancelled} at once when a stop was requested; the derivation then goes
/// on unseen until the process ends.
Keys derive_keys(ByteView password, ByteView salt, const ScryptParameters& parameters,
                 const StopToken& stop);

/// To be called before anything else of this folder by a program that ends while a derivation may
/// go on: otherwise OpenSSL would be taken down under it. One that is linked statically does not
/// read OpenSSL's configuration from then on.
void keep_crypto_to_the_end() noexcept;

}  // namespace snapfs
