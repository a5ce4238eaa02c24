#include "fs/backend/http/system_authorities.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace snapfs {
namespace {

// Those of Go's crypto/x509, by which restic goes, in its order: where two are there, the first is
// the one that the system's own programs use.
constexpr std::array<const char*, 6> kFiles = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL 6
    "/etc/ssl/ca-bundle.pem",                             // openSUSE
    "/etc/pki/tls/cacert.pem",                            // OpenELEC
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL 7 and later
    "/etc/ssl/cert.pem",                                  // Alpine
};
constexpr const char* kDirectory = "/etc/ssl/certs";  // openSUSE, too

bool is_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), R_OK) == 0;
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

std::optional<SystemAuthorities> find_system_authorities(const SystemAuthorities& built_in,
                                                         const std::string& root) {
  // With a file that is not there libcurl trusts nobody, whatever the directory holds.
  const bool finds_them =
      built_in.file.empty() ? !built_in.directory.empty() && is_directory(root + built_in.directory)
                            : is_file(root + built_in.file);
  if (finds_them) return std::nullopt;
  const auto* const file =
      std::ranges::find_if(kFiles, [&](const char* path) { return is_file(root + path); });
  if (file != kFiles.end()) return SystemAuthorities{root + *file, ""};
  if (is_directory(root + kDirectory)) return SystemAuthorities{"", root + kDirectory};
  return std::nullopt;
}

}  // namespace snapfs
