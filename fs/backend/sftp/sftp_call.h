// What one caller has under way on an SFTP connection: requests sent, and answers waited for.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>

#include "fs/backend/sftp/sftp_connection.h"
#include "fs/backend/sftp/sftp_message.h"
#include "fs/base/error.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// For one thread.
class SftpCall {
 public:
  SftpCall(std::shared_ptr<SftpConnection> connection, StopToken stop);
  /// Answers that were not waited for are passed over when they come.
  ~SftpCall();
  SftpCall(const SftpCall&) = delete;
  SftpCall& operator=(const SftpCall&) = delete;

  const SftpServer& server() const noexcept { return connection_->server(); }
  const StopToken& stop() const noexcept { return stop_; }

  /// Sends a request and waits for nothing. Returns its ID. Throws the connection's Error.
  std::uint32_t send(SftpRequest request);

  /// Waits for the answer to a request that was sent and not received yet; they may be received in
  /// any order. Throws the connection's Error, or kCancelled.
  SftpReply receive(std::uint32_t id);

  SftpReply ask(SftpRequest request) { return receive(send(std::move(request))); }

  /// Nothing good is to be expected of the connection any more: all that waits for it fails at once
  /// with `why`, rather than when the server counts as stuck.
  void give_up_connection(const Error& why);

  /// Sends a request of which the answer is of no interest; a broken connection is none either.
  void tell(SftpRequest request) noexcept;

 private:
  friend class SftpConnection;

  void close_quietly(const SftpReply& handle) noexcept;

  const std::shared_ptr<SftpConnection> connection_;
  const StopToken stop_;
  std::condition_variable_any changed_;
  std::map<std::uint32_t, SftpReply> arrived_;  ///< guarded by the connection's mutex
};

}  // namespace snapfs
