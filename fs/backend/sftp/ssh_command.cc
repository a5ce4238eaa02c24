#include "fs/backend/sftp/ssh_command.h"

#include <optional>

#include "fs/base/error.h"
#include "fs/process/child_process.h"

namespace snapfs {

std::vector<std::string> ssh_command(const SftpLocation& location, BackendOptions& options) {
  const std::optional<std::string> command = options.take("command");
  const std::optional<std::string> arguments = options.take("args");
  if (command && arguments) {
    throw Error(ErrorCode::kUsage,
                "--option sftp.command and sftp.args exclude each other: write the arguments into "
                "the command");
  }
  if (command) return split_command(*command, "the option sftp.command");
  std::vector<std::string> words = {"ssh"};
  if (!location.port.empty()) words.insert(words.end(), {"-p", location.port});
  if (!location.user.empty()) words.insert(words.end(), {"-l", location.user});
  if (arguments) {
    const std::vector<std::string> more = split_command(*arguments, "the option sftp.args");
    words.insert(words.end(), more.begin(), more.end());
  }
  words.insert(words.end(), {"-s", "--", location.host, "sftp"});
  return words;
}

}  // namespace snapfs
