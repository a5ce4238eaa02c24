#include "fs/backend/open/open.h"

#include <memory>
#include <utility>

#include "fs/backend/dry_run.h"
#include "fs/backend/local.h"
#include "fs/backend/options.h"
#include "fs/backend/rest/rest_backend.h"
#include "fs/backend/s3/s3_backend.h"
#include "fs/backend/s3/s3_location.h"
#include "fs/backend/sftp/sftp_backend.h"
#include "fs/backend/sftp/ssh_command.h"
#include "fs/backend/stack/request_limit.h"
#include "fs/base/error.h"
#include "fs/time/clock.h"

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

BackendStack open_sftp(const RepositoryLocation& location, const StorageOptions& options) {
  const SftpLocation where = SftpLocation::parse(location.path);
  BackendOptions extended("sftp", options.extended);
  SftpStart start;
  start.command = ssh_command(where, extended);
  start.stuck_timeout = options.http.stuck_request_timeout;
  const unsigned connections = extended.take_count("connections", SftpBackend::kConnections);
  extended.finish();
  BackendStack stack(std::make_unique<SftpBackend>(where, std::move(start), connections));
  put_far_away(stack, options);
  return stack;
}

BackendStack open_s3(const RepositoryLocation& location, const StorageOptions& options) {
  static const SystemClock clock;
  S3Location place = S3Location::parse(location.path);
  S3Options own = S3Options::take(BackendOptions("s3", options.extended));
  auto http = std::make_unique<PacedClient>(
      CurlClientOptions{.http = options.http, .kept_connections = own.requests}, options.rates);
  BackendStack stack(std::make_unique<S3Backend>(std::move(http), std::move(place), std::move(own),
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
      break;
  }
  throw Error(ErrorCode::kUnsupported,
              "repositories of this kind are not supported yet; use a directory");
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
  stack.put_before<RetryBackend>(options.on_retry, RetryPolicy{}, timer);
}

}  // namespace snapfs
