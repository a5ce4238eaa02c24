#include "tests/fs/backend/http/test_certificates.h"

#include <atomic>
#include <stdexcept>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace snapfs::test {
namespace {

void require(bool is_good) {
  if (!is_good) throw std::runtime_error("OpenSSL makes no certificate");
}

/// What `write` writes to an OpenSSL stream.
template <class Write>
std::string written(const Write& write) {
  BIO* const bio = ::BIO_new(::BIO_s_mem());
  require(bio != nullptr && write(bio) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  ::BIO_free(bio);
  return text;
}

std::string pem(X509* certificate) {
  return written([certificate](BIO* bio) { return ::PEM_write_bio_X509(bio, certificate); });
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name)
    : key_(EVP_EC_gen("P-256")), certificate_(make(name, key_, {.names = ""})) {
  extend(certificate_, NID_basic_constraints, "critical,CA:TRUE");
  sign(certificate_);
}

std::string TestAuthority::certificate() const { return pem(certificate_.get()); }

std::string TestAuthority::issue(const CertificateWish& wish) const {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = make("server", key, wish);
  ::X509_set_issuer_name(certificate.get(), ::X509_get_subject_name(certificate_.get()));
  sign(certificate);
  return pem(certificate.get()) + written([&key](BIO* bio) {
           return ::PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
         });
}

TestAuthority::Certificate TestAuthority::make(const std::string& name, const Key& key,
                                               const CertificateWish& wish) {
  static std::atomic<long> serial = 1;
  require(key != nullptr);
  Certificate certificate(::X509_new());
  X509* const x509 = certificate.get();
  ::X509_set_version(x509, X509_VERSION_3);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(x509), serial++);
  ::X509_gmtime_adj(::X509_getm_notBefore(x509), wish.valid_from);
  ::X509_gmtime_adj(::X509_getm_notAfter(x509), wish.valid_until);
  X509_NAME* const subject = ::X509_get_subject_name(x509);
  const auto* const text = reinterpret_cast<const unsigned char*>(name.c_str());
  require(::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1);
  ::X509_set_issuer_name(x509, subject);
  ::X509_set_pubkey(x509, key.get());
  if (!wish.names.empty()) extend(certificate, NID_subject_alt_name, wish.names);
  return certificate;
}

void TestAuthority::extend(const Certificate& certificate, int kind, const std::string& value) {
  X509_EXTENSION* const extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  require(extension != nullptr && ::X509_add_ext(certificate.get(), extension, -1) == 1);
  ::X509_EXTENSION_free(extension);
}

void TestAuthority::sign(const Certificate& certificate) const {
  require(::X509_sign(certificate.get(), key_.get(), ::EVP_sha256()) > 0);
}

}  // namespace snapfs::test
