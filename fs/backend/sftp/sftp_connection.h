// One ssh with an SFTP server behind it, and requests of many callers on their way through it at
// once. What the requests are is their callers' business.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fs/backend/sftp/sftp_message.h"
#include "fs/backend/sftp/ssh_program.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/stop_token.h"

namespace snapfs {

class SftpCall;

/// How a connection is made.
struct SftpStart {
  std::vector<std::string> command;  ///< as ssh_command() gives it
  bool may_ask = false;              ///< for a password, at the terminal

  /// A server that was asked something and sends and takes no byte for so long is given up.
  std::chrono::milliseconds stuck_timeout{std::chrono::minutes(5)};
};

/// Thread-safe; used by means of SftpCall (sftp_call.h).
class SftpConnection {
 public:
  /// Returns when the server has said what it can do. Throws Error: what ssh_failure() says when
  /// the program ends, kUnsupported when it cannot be started or something else than an SFTP server
  /// answers, kUnavailable when nothing does, kCancelled.
  SftpConnection(const SftpStart& start, const StopToken& stop);

  /// No call is under way. What was sent and not waited for is given a moment to be answered, then
  /// the program is ended.
  ~SftpConnection();
  SftpConnection(const SftpConnection&) = delete;
  SftpConnection& operator=(const SftpConnection&) = delete;

  /// Begins the end, so that several connections come to it at the same time.
  void begin_end() noexcept;

  const SftpServer& server() const noexcept { return server_; }

  /// Nothing more will be answered.
  bool is_broken() const;

  /// How many calls are under way.
  unsigned calls() const;

 private:
  friend class SftpCall;

  using Clock = std::chrono::steady_clock;

  /// A request that was sent.
  struct Pending {
    SftpCall* call = nullptr;  ///< null: nobody waits for the answer
    bool opens = false;        ///< a handle that nobody waits for is closed at once
  };

  /// A packet on its way out.
  struct Outgoing {
    std::uint32_t id = 0;
    Bytes bytes;
  };

  void meet(const StopToken& stop);
  std::uint32_t enqueue(SftpRequest request, SftpCall* call);
  void run() noexcept;
  void serve();
  int time_left();
  void write_some();
  bool read_some();
  void take_packet(Bytes packet);
  void take_answer(SftpReply reply);
  void forget(const SftpCall& call);
  void begin_end(std::chrono::milliseconds grace) noexcept;
  void give_up(const Error& why);
  void end_program() noexcept;
  void wake() noexcept;
  bool waits_for_server() const;

  const std::chrono::milliseconds stuck_timeout_;
  SftpServer server_;
  SshProgram program_;
  UniqueFd wake_;

  // Of the thread alone.
  SftpPackets packets_;
  std::string beginning_;  ///< of its output, until the server has answered
  std::optional<Clock::time_point> last_moved_;

  mutable std::mutex mutex_;
  std::condition_variable_any answered_;  ///< the server's first packet, or the end
  bool has_answered_ = false;
  std::optional<Clock::time_point> end_by_;  ///< once the end has begun
  std::optional<Error> broken_;              ///< why nothing more will be answered
  std::list<Outgoing> out_;                  ///< the thread has the first one in hand, if any
  std::size_t out_done_ = 0;                 ///< bytes of the first one that are written
  std::uint32_t last_id_ = 0;
  std::map<std::uint32_t, Pending> pending_;
  unsigned calls_ = 0;

  std::thread thread_;
};

}  // namespace snapfs
