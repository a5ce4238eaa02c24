// A server program that a test starts for itself, on a port of 127.0.0.1 that the system chose.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "fs/base/file.h"

namespace snapfs::test {

/// The program's path: what the variable says, if it is set, or else as PATH has it; nothing when
/// there is none.
std::optional<std::string> find_program(const std::string& name, const char* variable = nullptr);

/// Runs while it lives, and not a moment longer: the system ends it, too, when the test is killed.
class ServerProcess {
 public:
  /// Starts the program with the arguments, and `environment` beside ours. Waits until it has
  /// printed a line in which `announcement` stands; throws std::runtime_error with all that it
  /// printed when it ends before.
  ServerProcess(const std::vector<std::string>& arguments, std::string announcement,
                const std::map<std::string, std::string>& environment = {});
  /// Ends it, and waits for that.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// The number behind "127.0.0.1:" in that line.
  int port() const;

  pid_t pid() const noexcept { return pid_; }

 private:
  void read_output();

  const std::string announcement_;
  pid_t pid_ = -1;
  UniqueFd output_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string printed_;  ///< until the announcement has come
  std::string line_;     ///< with the announcement
  bool has_ended_ = false;
  std::jthread reader_;  ///< so that the program never waits for room in the pipe
};

}  // namespace snapfs::test
