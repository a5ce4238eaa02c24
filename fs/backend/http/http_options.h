// How this program behaves towards servers: the same for every storage that is reached over HTTP.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace snapfs {

struct HttpOptions {
  std::vector<std::string> certificate_files;  ///< PEM, trusted in the place of the system's
  std::string client_certificate_file;         ///< PEM, with its key; empty: none is shown
  bool insecure_tls = false;                   ///< the server's certificate is not checked
  std::string user_agent = "snapfs";

  /// A request of which no byte moved for so long counts as unanswered; at most a day. Without a
  /// positive one it is this, as in restic.
  std::chrono::milliseconds stuck_request_timeout{std::chrono::minutes(5)};
};

}  // namespace snapfs
