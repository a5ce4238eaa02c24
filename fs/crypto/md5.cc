#include "fs/crypto/md5.h"

#include <openssl/evp.h>

#include "fs/crypto/openssl_handles.h"

namespace snapfs {

Md5 md5(ByteView bytes) {
  Md5 digest{};
  require_openssl(
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_md5(), nullptr) == 1,
      "EVP_Digest");
  return digest;
}

}  // namespace snapfs
