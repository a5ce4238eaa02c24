// HTTP to an rclone of our own, which is started when it is needed, and again when it has ended.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "fs/backend/http/http_client.h"
#include "fs/backend/rclone/rclone_command.h"
#include "fs/backend/rclone/rclone_server.h"
#include "fs/base/error.h"

namespace snapfs {

/// The requests' URLs are what stands behind that of the server: "data/…".
class RcloneClient final : public HttpClient {
 public:
  /// Makes a client for the server that was started.
  using MakeClient = std::function<std::unique_ptr<HttpClient>()>;

  /// Starts nothing yet.
  RcloneClient(RcloneOptions options, std::string remote, RcloneListener listener,
               MakeClient make_client);
  ~RcloneClient() override;

  /// Beside what HttpClient says: Error{kUsage} when rclone cannot be started the first time. When
  /// it cannot later, or ends while it is asked, that is Error{kUnavailable}.
  HttpResponse perform(const HttpRequest& request, const StopToken& stop) override;

  /// How many callers wait for rclone, which another one starts.
  unsigned waiting();

 private:
  struct Running;

  std::shared_ptr<Running> running(const StopToken& stop);
  std::shared_ptr<Running> start(const StopToken& stop) const;

  const RcloneOptions options_;
  const std::string remote_;
  const RcloneListener listener_;
  const MakeClient make_client_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::shared_ptr<Running> running_;
  bool is_starting_ = false;
  bool has_served_ = false;
  unsigned waiting_ = 0;
  std::uint64_t failures_ = 0;         ///< of starts
  std::optional<Error> last_failure_;  ///< the last of them
};

}  // namespace snapfs
