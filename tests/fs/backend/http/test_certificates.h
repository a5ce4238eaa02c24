// Certificates for tests of TLS, made on the spot.
#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace snapfs::test {

struct CertificateWish {
  std::string names = "IP:127.0.0.1";  ///< as OpenSSL writes subjectAltName; empty: none
  long valid_from = -3600;             ///< seconds from now
  long valid_until = 3600;
};

/// An authority of its own, whom nobody trusts yet.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name);

  /// Its own certificate, as PEM.
  std::string certificate() const;

  /// A certificate that it issued, and the key, as PEM.
  std::string issue(const CertificateWish& wish = {}) const;

 private:
  struct Deleter {
    void operator()(EVP_PKEY* key) const noexcept { ::EVP_PKEY_free(key); }
    void operator()(X509* certificate) const noexcept { ::X509_free(certificate); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Deleter>;
  using Certificate = std::unique_ptr<X509, Deleter>;

  static Certificate make(const std::string& name, const Key& key, const CertificateWish& wish);
  static void extend(const Certificate& certificate, int kind, const std::string& value);
  void sign(const Certificate& certificate) const;

  Key key_;
  Certificate certificate_;
};

}  // namespace snapfs::test
