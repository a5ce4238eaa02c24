// Real REST servers for tests: rest-server, and rclone's "serve restic". Only a header, so that any
// test can include it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/server_process.h"
#include "tests/support/temporary_directory.h"

namespace snapfs::test {

/// Debian calls it otherwise than its makers do.
inline std::optional<std::string> find_rest_server() {
  auto found = find_program("restic-rest-server", "SNAPFS_TEST_REST_SERVER");
  return found ? found : find_program("rest-server");
}

inline std::optional<std::string> find_rclone() {
  return find_program("rclone", "SNAPFS_TEST_RCLONE");
}

/// restic's rest-server, in a directory of its own.
class RestServer {
 public:
  /// Without authentication unless an option says otherwise; any content may have any name.
  explicit RestServer(const std::vector<std::string>& options = {"--no-auth"},
                      const std::string& listen = "127.0.0.1:0")
      : process_(command(options, listen), "start server on") {}

  int port() const { return process_.port(); }
  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port()) + path;
  }
  const TemporaryDirectory& directory() const noexcept { return directory_; }

 private:
  std::vector<std::string> command(const std::vector<std::string>& options,
                                   const std::string& listen) const {
    std::vector<std::string> words{
        find_rest_server().value(), "--path",   directory_.make_directory("data"),
        "--no-verify-upload",       "--listen", listen};
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }

  TemporaryDirectory directory_;
  ServerProcess process_;
};

/// rclone, serving a directory of its own.
class RcloneServer {
 public:
  explicit RcloneServer(const std::vector<std::string>& options = {})
      : process_(command(options), "Serving restic REST API on",
                 {{"RCLONE_CONFIG", directory_ / "rclone.conf"}}) {}

  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(process_.port()) + path;
  }

 private:
  std::vector<std::string> command(const std::vector<std::string>& options) const {
    std::vector<std::string> words{find_rclone().value(), "serve", "restic", "--addr",
                                   "127.0.0.1:0"};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back(directory_.make_directory("data"));
    return words;
  }

  TemporaryDirectory directory_;
  ServerProcess process_;
};

}  // namespace snapfs::test
