// Owning pointers for OpenSSL's objects, and its errors as ours. Private to fs/crypto.
#pragma once

#include <memory>

#include <openssl/evp.h>

namespace snapfs {

/// Throws Error{kInternal}, or std::bad_alloc for lack of memory, unless an OpenSSL call reported
/// success.
void require_openssl(bool ok, const char* call);

template <auto Free>
struct OpensslDeleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, OpensslDeleter<EVP_CIPHER_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, OpensslDeleter<EVP_MD_CTX_free>>;
using MacAlgorithm = std::unique_ptr<EVP_MAC, OpensslDeleter<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, OpensslDeleter<EVP_MAC_CTX_free>>;

}  // namespace snapfs
