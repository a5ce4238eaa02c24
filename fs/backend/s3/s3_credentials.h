// Who this program is to an object store, and from where that is known: the places in which other
// programs of Amazon's world look, in restic's order.
#pragma once

#include <condition_variable>
#include <memory>
#include <optional>
#include <string>

#include "fs/backend/environment_lookup.h"
#include "fs/backend/http/http_client.h"
#include "fs/base/error.h"
#include "fs/base/stop_token.h"
#include "fs/base/synchronized.h"
#include "fs/base/timer.h"
#include "fs/time/clock.h"

namespace snapfs {

struct S3Credentials {
  std::string key_id;
  std::string secret;
  std::string session_token = {};            ///< of temporary ones
  std::optional<Timestamp> expires_at = {};  ///< nothing: never, or nobody knows
};

/// What is asked for: the interface that signs requests.
class S3CredentialSource {
 public:
  virtual ~S3CredentialSource() = default;

  /// Valid now. Null: requests are to be made without a name. Throws Error{kWrongCredentials} with
  /// the places to put them when there are none, and what HttpClient throws. Thread-safe.
  virtual std::shared_ptr<const S3Credentials> get(const StopToken& stop) = 0;

  /// The storage says that `used` are no longer valid. Whether the next call of get() may return
  /// others.
  virtual bool renew(const S3Credentials& used) = 0;
};

/// Requests are made without a name: for buckets that anybody may read.
class NoCredentials final : public S3CredentialSource {
 public:
  std::shared_ptr<const S3Credentials> get(const StopToken& stop) override;
  bool renew(const S3Credentials& used) override;
};

/// The first of these that has any, found out at the first use:
///   1. the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN;
///   2. the profile AWS_PROFILE, or "default", in the files AWS_SHARED_CREDENTIALS_FILE (or
///      ~/.aws/credentials) and AWS_CONFIG_FILE (or ~/.aws/config);
///   3. a role for a web identity (AWS_WEB_IDENTITY_TOKEN_FILE, for AWS_ROLE_ARN);
///   4. the service of the container (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI);
///   5. the service of the virtual machine (IMDSv2), which has a second to answer.
/// With them the role RESTIC_AWS_ASSUME_ROLE_ARN is assumed, if there is one. Temporary ones are
/// replaced before they expire. One caller asks for all; when that fails nobody asks again for five
/// seconds, or as long as the service wants to be left alone.
class FoundCredentials final : public S3CredentialSource {
 public:
  /// All of them must outlive it. `region` is the storage's, for the service that gives roles; it
  /// may be empty.
  FoundCredentials(EnvironmentLookup variables, HttpClient& http, const Clock& clock, Timer& timer,
                   std::string region = {});

  std::shared_ptr<const S3Credentials> get(const StopToken& stop) override;
  bool renew(const S3Credentials& used) override;

 private:
  struct State {
    std::shared_ptr<const S3Credentials> current;
    bool is_renewing = false;  ///< somebody is about to; the others use what there is, or wait
    std::optional<Error> failure = {};           ///< of whoever asked last
    Timer::TimePoint failure_counts_until = {};  ///< before that nobody asks again
  };

  S3Credentials find(const StopToken& stop);
  S3Credentials find_own(const StopToken& stop);
  std::shared_ptr<const S3Credentials> fetch(const std::shared_ptr<const S3Credentials>& old,
                                             const StopToken& stop);
  std::shared_ptr<const S3Credentials> do_without(const std::shared_ptr<const S3Credentials>& old,
                                                  const Error& failure) const;
  bool is_valid_for(const S3Credentials& credentials, std::int64_t seconds) const;

  const EnvironmentLookup variables_;
  HttpClient& http_;
  const Clock& clock_;
  Timer& timer_;
  const std::string region_;
  Synchronized<State> state_;
  std::condition_variable_any renewed_;
};

}  // namespace snapfs
