// What libcurl says of a failure, as an Error: one line for people, and what may be concluded.
#pragma once

#include <string>

#include "fs/base/error.h"

namespace snapfs {

/// How a transfer ended without an answer, as libcurl tells it.
struct CurlFailure {
  int code = 0;            ///< CURLcode
  int system_error = 0;    ///< errno of the connection that could not be made; 0: not known
  long verify_result = 0;  ///< OpenSSL's, of the server's certificate; 0: it said nothing
  bool was_connected = false;
  bool is_socket = false;  ///< the server is a Unix socket, and no host
  std::string words = {};  ///< libcurl's
};

/// `where` is the server as messages call it; `subject` the Error's. What may pass is kUnavailable;
/// a certificate that is not to be trusted, on either side, is kWrongCredentials.
Error error_of(const CurlFailure& failure, const std::string& where, const std::string& subject);

}  // namespace snapfs
