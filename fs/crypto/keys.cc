#include "fs/crypto/keys.h"

#include "fs/base/error.h"
#include "fs/crypto/all_zero.h"
#include "fs/crypto/random.h"

namespace snapfs {
Keys::Keys(SecureBytes secret) : secret_(std::move(secret)) {
  if (secret_.view().size() != kSize) {
    throw Error(ErrorCode::kDamaged, "a key has the wrong length");
  }
  if (all_zero(encrypt()) || all_zero(mac_k()) || all_zero(mac_r())) {
    throw Error(ErrorCode::kDamaged, "a key is all zero, which the format forbids");
  }
}

Keys Keys::random() {
  SecureBytes secret(kSize);
  fill_random(secret.view());
  return Keys(std::move(secret));
}

}  // namespace snapfs
