#include "fs/backend/http/tls_files.h"

#include <string_view>

#include <fmt/format.h>

#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/base/file.h"

namespace snapfs {
namespace {

constexpr std::uint64_t kLargestFile = 16 << 20;

bool has_certificate(std::string_view pem) {
  return pem.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos ||
         pem.find("-----BEGIN TRUSTED CERTIFICATE-----") != std::string_view::npos;
}

std::string read_authorities(const std::string& path) {
  const Bytes bytes = read_file(path, kLargestFile);
  if (has_certificate(as_text(bytes))) return std::string(as_text(bytes)) + "\n";
  throw Error(ErrorCode::kUsage,
              fmt::format("--cacert: there is no certificate in {}: it must be a PEM file, with "
                          "lines that say BEGIN CERTIFICATE",
                          path),
              path);
}

std::string read_client_certificate(const std::string& path) {
  const Bytes bytes = read_file(path, kLargestFile);
  const std::string_view pem = as_text(bytes);
  if (!has_certificate(pem) || pem.find("PRIVATE KEY-----") == std::string_view::npos) {
    throw Error(ErrorCode::kUsage,
                fmt::format("--tls-client-cert: {} must hold a certificate and its private key, "
                            "both as PEM",
                            path),
                path);
  }
  if (pem.find("ENCRYPTED") != std::string_view::npos) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("--tls-client-cert: the key in {} has a passphrase: write it without "
                            "one (openssl pkey)",
                            path),
                path);
  }
  return std::string(pem);
}

}  // namespace

TlsFiles read_tls_files(const HttpOptions& options) {
  TlsFiles files;
  for (const std::string& path : options.certificate_files) {
    files.authorities += read_authorities(path);
  }
  if (!options.client_certificate_file.empty()) {
    files.client_certificate = read_client_certificate(options.client_certificate_file);
  }
  return files;
}

}  // namespace snapfs
