// The program that connects us with an SFTP server: the user's own ssh, which knows his keys,
// hosts, jumps and agents.
#pragma once

#include <string>
#include <vector>

#include "fs/backend/options.h"
#include "fs/backend/sftp/sftp_location.h"

namespace snapfs {

/// The words of the command line: ssh with what the location says and sftp.args, or sftp.command in
/// its place. Takes both from the options; Error{kUsage} when both are set, or one cannot be split.
std::vector<std::string> ssh_command(const SftpLocation& location, BackendOptions& options);

}  // namespace snapfs
