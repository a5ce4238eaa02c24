// rclone as a process of ours that serves a remote to us, and to nobody else.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "fs/backend/rclone/rclone_command.h"
#include "fs/base/file.h"
#include "fs/base/stop_token.h"
#include "fs/process/child_process.h"

namespace snapfs {

/// Hears of the lines that rclone prints, if they are news (rclone_command.h); on a thread of its
/// own.
using RcloneListener = std::function<void(const std::string& line)>;

/// Runs while it lives; the process ends with ours in any case. Thread-safe.
class RcloneServer {
 public:
  /// Starts it, and waits until it says that it serves. The user and password that requests need go
  /// to it through its environment. Throws Error{kUsage} with its last words when it ends before
  /// that, or says nothing in time, kCancelled.
  RcloneServer(const RcloneOptions& options, std::string_view remote, RcloneListener listener,
               const StopToken& stop);
  /// Ends it: SIGTERM, and SIGKILL if need be.
  ~RcloneServer();
  RcloneServer(const RcloneServer&) = delete;
  RcloneServer& operator=(const RcloneServer&) = delete;

  /// Ends with a slash.
  const std::string& url() const noexcept { return url_; }

  /// The header that lets a request in.
  const std::string& authorization() const noexcept { return authorization_; }

  bool has_ended() const;

  /// The line that it printed last; empty when there was none.
  std::string last_words() const;

 private:
  void wait_until_served(std::chrono::milliseconds timeout, const StopToken& stop);
  void read_lines();
  void take_line(std::string line);
  void end();

  const std::string remote_;
  const RcloneListener listener_;
  const std::chrono::milliseconds end_timeout_;
  const std::string password_;
  const std::string authorization_;
  std::string url_;  ///< written once, before the constructor returns
  UniqueFd wake_;    ///< readable when the thread shall end
  ChildProcess process_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string served_;  ///< the URL; empty: not yet
  std::string last_words_;
  bool has_ended_ = false;
  std::jthread reader_;
};

}  // namespace snapfs
