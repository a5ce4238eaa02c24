// The three keys a repository is sealed with (FORMAT §2): AES-256 key E, and the MAC key (k, r).
#pragma once

#include <cstddef>

#include "fs/base/bytes.h"
#include "fs/crypto/secure_memory.h"

namespace snapfs {

/// Immutable once made; lives in locked memory.
class Keys {
 public:
  static constexpr std::size_t kEncryptSize = 32;
  static constexpr std::size_t kMacKSize = 16;
  static constexpr std::size_t kMacRSize = 16;
  static constexpr std::size_t kSize = kEncryptSize + kMacKSize + kMacRSize;

  /// `secret` is E ‖ k ‖ r. Throws Error{kDamaged} when any of the three is all zero.
  explicit Keys(SecureBytes secret);

  static Keys random();

  ByteView encrypt() const noexcept { return secret_.view().first(kEncryptSize); }
  ByteView mac_k() const noexcept { return secret_.view().subspan(kEncryptSize, kMacKSize); }
  ByteView mac_r() const noexcept { return secret_.view().last(kMacRSize); }

 private:
  SecureBytes secret_;
};

}  // namespace snapfs
