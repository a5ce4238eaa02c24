// The options of storage elsewhere, which restic's command lines have: checked, and kept for the
// backends that use them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/http/http_options.h"
#include "fs/backend/open/paced_client.h"

namespace snapfs {

class Command;

/// As given on the command line.
struct RemoteOptions {
  std::vector<std::string> certificate_files;  ///< --cacert
  std::string client_certificate_file;         ///< --tls-client-cert
  bool insecure_tls = false;
  std::string user_agent;
  std::int64_t upload_kibibytes_per_second = 0;  ///< 0: as fast as it goes
  std::int64_t download_kibibytes_per_second = 0;
  std::chrono::nanoseconds stuck_request_timeout = std::chrono::minutes(5);
  std::vector<std::string> extended;  ///< -o: KEY=VALUE, or several of them

  /// What they say of servers; files come from the options, or else from the variables CACERT and
  /// TLS_CLIENT_CERT, and are named from the root. Throws Error for a file that cannot be read.
  HttpOptions http_options() const;

  TransferRates rates() const noexcept;

  /// --option taken apart: "local.connections" to "3". Throws Error{kUsage} for an empty key and
  /// for a key that is given two values; which keys there are, each storage knows.
  std::map<std::string, std::string> extended_options() const;
};

/// `options` must outlive `program`.
void add_remote_options(Command& program, RemoteOptions& options);

/// "a,\"b,c\"" into its parts, as a line of CSV. Throws Error{kUsage}.
std::vector<std::string> split_csv(std::string_view text);

}  // namespace snapfs
