// Several connections to one server, made when they are needed.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "fs/backend/sftp/sftp_call.h"
#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/base/timer.h"

namespace snapfs {

/// Thread-safe.
class SftpPool {
 public:
  /// At most `most` connections, at least 1. Makes none yet. The timer must outlive it.
  SftpPool(SftpStart start, unsigned most, Timer& timer = steady_timer());
  /// No call is under way.
  ~SftpPool();
  SftpPool(const SftpPool&) = delete;
  SftpPool& operator=(const SftpPool&) = delete;

  /// A call on the connection with the fewest under way; on a new one when there is none that
  /// works, or all have enough to do. Throws what SftpConnection does when there is none that
  /// works; only then may one ask something at the terminal.
  SftpCall begin_call(const StopToken& stop);

  /// How many callers wait for the first connection, which another one makes.
  unsigned waiting();

 private:
  using Connection = std::shared_ptr<SftpConnection>;

  Connection find_idlest(std::vector<Connection>& broken);
  bool may_make_more() const;
  void make_do(const Error& failure);
  Connection make(bool is_first, std::unique_lock<std::mutex>& lock, const StopToken& stop);

  const SftpStart start_;
  const unsigned most_;
  Timer& timer_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Connection> connections_;
  bool is_making_first_ = false;
  bool has_connected_ = false;
  unsigned waiting_ = 0;
  /// Until then those that there are have to do.
  Timer::TimePoint more_from_ = Timer::TimePoint::min();
  unsigned being_made_ = 0;            ///< beside those that there are
  std::uint64_t failures_ = 0;         ///< of first ones
  std::optional<Error> last_failure_;  ///< the last of them
};

}  // namespace snapfs
