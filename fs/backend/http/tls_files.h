// The files of certificates that the user names, read once, before anybody is talked to.
#pragma once

#include <string>

#include "fs/backend/http/http_options.h"

namespace snapfs {

/// What is in them, as PEM.
struct TlsFiles {
  std::string authorities;         ///< all of them, in a row; empty: the system's are trusted
  std::string client_certificate;  ///< with its key; empty: none is shown
};

/// Throws Error: kNotFound and the like for a file that cannot be read, kUsage for one that does
/// not hold what it should, kUnsupported for a key that is protected by a passphrase, for which
/// nobody could be asked.
TlsFiles read_tls_files(const HttpOptions& options);

}  // namespace snapfs
