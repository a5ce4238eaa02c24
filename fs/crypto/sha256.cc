#include "fs/crypto/sha256.h"

#include <new>
#include <string>

#include <openssl/err.h>

#include "fs/base/error.h"
#include "fs/crypto/openssl_handles.h"

namespace snapfs {

void require_openssl(bool ok, const char* call) {
  if (ok) return;
  const unsigned long reason = ERR_peek_last_error();
  ERR_clear_error();
  // Several of its functions return nothing, and leave no word, when there is no memory.
  if (reason == 0 || ERR_GET_REASON(reason) == ERR_R_MALLOC_FAILURE) throw std::bad_alloc();
  throw Error(ErrorCode::kInternal, std::string("OpenSSL's ") + call + " failed");
}

struct Sha256::State {
  DigestContext context{EVP_MD_CTX_new()};

  void begin() {
    require_openssl(EVP_DigestInit_ex2(context.get(), EVP_sha256(), nullptr) == 1,
                    "EVP_DigestInit");
  }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  require_openssl(state_->context != nullptr, "EVP_MD_CTX_new");
  state_->begin();
}

Sha256::~Sha256() = default;

void Sha256::update(ByteView bytes) {
  require_openssl(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1,
                  "EVP_DigestUpdate");
}

Id Sha256::finish() {
  Id id;
  require_openssl(EVP_DigestFinal_ex(state_->context.get(), id.bytes.data(), nullptr) == 1,
                  "EVP_DigestFinal");
  state_->begin();
  return id;
}

Id sha256(ByteView bytes) {
  Id id;
  require_openssl(
      EVP_Digest(bytes.data(), bytes.size(), id.bytes.data(), nullptr, EVP_sha256(), nullptr) == 1,
      "EVP_Digest");
  return id;
}

}  // namespace snapfs
