#include "fs/backend/open/open.h"

#include <chrono>
#include <memory>
#include <random>
#include <utility>

#include "fs/backend/dry_run.h"
#include "fs/backend/local.h"
#include "fs/backend/options.h"
#include "fs/backend/rclone/rclone_client.h"
#include "fs/backend/rclone/rclone_command.h"
#include "fs/backend/rest/rest_backend.h"
#include "fs/backend/s3/s3_backend.h"
#include "fs/backend/s3/s3_location.h"
#include "fs/backend/sftp/sftp_backend.h"
#include "fs/backend/sftp/ssh_command.h"
#include "fs/backend/stack/request_limit.h"
#include "fs/base/error.h"
#include "fs/time/clock.h"
#include "fs/time/duration.h"

namespace snapfs {

namespace {

/// A directory answers or fails, and the kernel has a patience of its own: nothing is made again,
/// and nothing waits.
BackendStack open_directory(const RepositoryLocation& location, BackendOptions options) {
  (void)options.take_count("connections", 1);  // a directory needs no limit
  options.finish();
  return BackendStack(std::make_unique<LocalBackend>(location.path));
}

BackendStack open_rest(const RepositoryLocation& location, const StorageOptions& options) {
  BackendOptions own("rest", options.extended);
  const unsigned requests = own.take_count("connections", RestBackend::kRequests);
  own.finish();
  RestLocation server = RestLocation::parse(location.path, options.rest);
  auto client = std::make_unique<PacedClient>(
      CurlClientOptions{
          .http = options.http, .kept_connections = requests, .unix_socket = server.socket},
      options.rates);
  BackendStack stack(std::make_unique<RestBackend>(std::move(client), std::move(server), requests));
  put_far_away(stack, options);
  return stack;
}

/// Cloud storage asks those who ask too often to wait: as many as rclone itself has at once by
/// default (--checkers).
constexpr unsigned kRcloneRequests = 8;

BackendStack open_rclone(const RepositoryLocation& location, const StorageOptions& options) {
  BackendOptions own("rclone", options.extended);
  RcloneOptions rclone;
  rclone.program = own.take("program").value_or(rclone.program);
  rclone.arguments = own.take("args").value_or(rclone.arguments);
  if (const auto timeout = own.take("timeout")) {
    rclone.start_timeout = std::chrono::ceil<std::chrono::milliseconds>(parse_duration(*timeout));
  }
  const unsigned requests = own.take_count("connections", kRcloneRequests);
  own.finish();
  (void)rclone_command(rclone, location.path);  // so that what is wrong is said at once
  const CurlClientOptions http{.http = options.http, .kept_connections = requests};
  auto client = std::make_unique<RcloneClient>(
      std::move(rclone), location.path, options.on_line,
      [http, rates = options.rates] { return std::make_unique<PacedClient>(http, rates); });
  RestLocation server{.url = "", .shown = "rclone:" + shown_remote(location.path)};
  BackendStack stack(std::make_unique<RestBackend>(std::move(client), std::move(server), requests));
  put_far_away(stack, options);
  return stack;
}

BackendStack open_sftp(const RepositoryLocation& location, const StorageOptions& options) {
  const SftpLocation where = SftpLocation::parse(location.path);
  BackendOptions extended("sftp", options.extended);
  SftpStart start;
  start.command = ssh_command(where, extended);
  start.stuck_timeout = options.http.stuck_request_timeout;
  const unsigned connections = extended.take_count("connections", SftpBackend::kConnections);
  extended.finish();
  BackendStack stack(std::make_unique<SftpBackend>(where, std::move(start), connections,
                                                   options.rates.upload, options.rates.download));
  put_far_away(stack, options);
  return stack;
}

BackendStack open_s3(const RepositoryLocation& location, const StorageOptions& options) {
  static const SystemClock clock;
  const S3Location place = S3Location::parse(location.path);
  S3Options own = S3Options::take(BackendOptions("s3", options.extended));
  auto http = std::make_unique<PacedClient>(
      CurlClientOptions{.http = options.http, .kept_connections = own.requests}, options.rates);
  BackendStack stack(std::make_unique<S3Backend>(std::move(http), place, std::move(own),
                                                 options.variables, clock));
  put_far_away(stack, options);
  return stack;
}

BackendStack open_scheme(const RepositoryLocation& location, const StorageOptions& options) {
  switch (location.scheme) {
    case Scheme::kLocal:
      return open_directory(location, BackendOptions("local", options.extended));
    case Scheme::kRest:
      return open_rest(location, options);
    case Scheme::kS3:
      return open_s3(location, options);
    case Scheme::kSftp:
      return open_sftp(location, options);
    case Scheme::kRclone:
      return open_rclone(location, options);
  }
  throw Error(ErrorCode::kInternal, "a scheme that nothing opens");
}

}  // namespace

BackendStack open_storage(const RepositoryLocation& location, const StorageOptions& options) {
  BackendStack stack = open_scheme(location, options);
  if (options.pretend) stack.put_before<DryRunBackend>();
  return stack;
}

void put_far_away(BackendStack& stack, const StorageOptions& options, Timer& timer) {
  const unsigned most = stack.top().traits().requests;
  stack.put_before<RequestLimitBackend>(most);
  stack.put_before<RetryBackend>(options.on_retry, RetryPolicy{}, timer, std::random_device{}(),
                                 options.last_call, options.permit_again);
}

}  // namespace snapfs
