#include "fs/crypto/hmac_sha256.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "fs/crypto/openssl_handles.h"

namespace snapfs {

Hmac hmac_sha256(ByteView key, ByteView message) {
  Hmac code{};
  unsigned size = 0;
  require_openssl(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(),
                       message.size(), code.data(), &size) != nullptr &&
                      size == code.size(),
                  "HMAC");
  return code;
}

}  // namespace snapfs
