// Sealed messages (FORMAT §2.1): nonce ‖ AES-256-CTR ciphertext ‖ Poly1305-AES tag.
#pragma once

#include <cstddef>
#include <memory>

#include "fs/base/bytes.h"
#include "fs/crypto/keys.h"

namespace snapfs {

/// Seals and opens messages under one set of keys. Owns the library contexts with the key schedule,
/// so it is not thread-safe: one a worker. The keys must outlive it.
class Cipher {
 public:
  static constexpr std::size_t kNonceSize = 16;
  static constexpr std::size_t kTagSize = 16;
  static constexpr std::size_t kOverhead = kNonceSize + kTagSize;

  explicit Cipher(const Keys& keys);
  ~Cipher();
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;

  /// Seals with a fresh random nonce. `out` is plain.size() + kOverhead bytes; `plain` lies outside
  /// of it, or exactly where the ciphertext goes, behind the nonce.
  void seal(ByteView plain, MutByteView out);

  /// Verifies the tag, then decrypts into `out`, which is sealed.size() − kOverhead bytes and
  /// does not overlap `sealed`. False when the message is too short, its nonce is zero, or its tag
  /// does not match: `out` is then untouched.
  [[nodiscard]] bool open(ByteView sealed, MutByteView out);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace snapfs
