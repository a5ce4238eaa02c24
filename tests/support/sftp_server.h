// The SFTP server of OpenSSH, which needs neither ssh nor a network when it is spoken to by pipes,
// and the one with faults before it. Only a header; who includes it is given SNAPFS_SERVE_SFTP.
#pragma once

#include <unistd.h>

#include <string>
#include <vector>

namespace snapfs::test {

/// Where distributions have it; empty when it is not installed.
inline std::string sftp_server() {
  for (const char* path : {"/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server",
                           "/usr/lib/ssh/sftp-server", "/usr/libexec/sftp-server"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return {};
}

/// Its command line, with serve_sftp's options.
inline std::vector<std::string> faulty_sftp_server(std::vector<std::string> options) {
  options.insert(options.begin(), SNAPFS_SERVE_SFTP);
  options.push_back(sftp_server());
  return options;
}

}  // namespace snapfs::test
