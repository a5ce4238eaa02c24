#include "fs/backend/s3/s3_credentials.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "fs/backend/s3/credential_files.h"
#include "fs/backend/s3/credential_services.h"
#include "fs/backend/s3/role_credentials.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;

/// New ones are there at least five minutes before the old ones expire.
constexpr std::int64_t kRenewBefore = 240;

/// After a failure.
constexpr milliseconds kPause = std::chrono::seconds(5);

[[noreturn]] void throw_none() {
  throw Error(ErrorCode::kWrongCredentials,
              "there are no credentials for the object store: set AWS_ACCESS_KEY_ID and "
              "AWS_SECRET_ACCESS_KEY, or put them into ~/.aws/credentials; -o "
              "s3.unsafe-anonymous-auth=true does without");
}

std::optional<S3Credentials> credentials_of_variables(const EnvironmentLookup& variables) {
  const auto key_id = variables("AWS_ACCESS_KEY_ID");
  const auto secret = variables("AWS_SECRET_ACCESS_KEY");
  if (!key_id && !secret) return std::nullopt;
  if (!key_id || !secret) {
    throw Error(ErrorCode::kWrongCredentials,
                key_id ? "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not: set both"
                       : "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not: set both");
  }
  return S3Credentials{*key_id, *secret, variables("AWS_SESSION_TOKEN").value_or("")};
}

}  // namespace

std::shared_ptr<const S3Credentials> NoCredentials::get(const StopToken& /*stop*/) {
  return nullptr;
}

bool NoCredentials::renew(const S3Credentials& /*used*/) { return false; }

FoundCredentials::FoundCredentials(EnvironmentLookup variables, HttpClient& http,
                                   const Clock& clock, Timer& timer, std::string region)
    : variables_(std::move(variables)),
      http_(http),
      clock_(clock),
      timer_(timer),
      region_(std::move(region)) {}

bool FoundCredentials::is_valid_for(const S3Credentials& credentials, std::int64_t seconds) const {
  return !credentials.expires_at ||
         clock_.now().seconds + seconds < credentials.expires_at->seconds;
}

std::shared_ptr<const S3Credentials> FoundCredentials::get(const StopToken& stop) {
  std::shared_ptr<const S3Credentials> old;
  {
    auto state = state_.lock();
    const auto before = state->current;
    const auto may_go_on = [&] {
      return !state->is_renewing || (state->current && is_valid_for(*state->current, 0));
    };
    if (!renewed_.wait(state.lock(), stop, may_go_on)) throw cancelled_error();
    old = state->current;
    // What was fetched meanwhile is as new as there is.
    if (old && old != before) return old;
    if (old && is_valid_for(*old, state->is_renewing ? 0 : kRenewBefore)) return old;
    throw_if_stopped(stop);
    const Timer::TimePoint now = timer_.now();
    if (state->failure && now < state->failure_counts_until) {
      const auto left = std::chrono::ceil<milliseconds>(state->failure_counts_until - now);
      return do_without(old, state->failure->with_retry_after(left));
    }
    state->is_renewing = true;
  }
  return fetch(old, stop);
}

/// Without the mutex: a service may take its time, and must not hold up those whose credentials are
/// still good.
std::shared_ptr<const S3Credentials> FoundCredentials::fetch(
    const std::shared_ptr<const S3Credentials>& old, const StopToken& stop) {
  try {
    auto found = std::make_shared<const S3Credentials>(find(stop));
    const auto state = state_.lock();
    state->is_renewing = false;
    state->failure.reset();
    state->current = found;
    renewed_.notify_all();
    return found;
  } catch (...) {
    const Error failure = current_error();
    {
      const auto state = state_.lock();
      state->is_renewing = false;
      renewed_.notify_all();
      // A stop is that of one caller: the next one asks.
      if (failure.code() == ErrorCode::kCancelled) throw;
      state->failure = failure;
      state->failure_counts_until =
          timer_.now() + std::max(kPause, failure.retry_after().value_or(milliseconds(0)));
    }
    return do_without(old, failure);
  }
}

/// The old ones to their end; then the failure.
std::shared_ptr<const S3Credentials> FoundCredentials::do_without(
    const std::shared_ptr<const S3Credentials>& old, const Error& failure) const {
  if (!old) throw failure;
  if (is_valid_for(*old, 0)) return old;
  // There were some before, so that there is somebody to ask again.
  const Error expired(
      ErrorCode::kUnavailable,
      std::string("the credentials for the object store expired: ") + failure.what());
  throw failure.retry_after() ? expired.with_retry_after(*failure.retry_after()) : expired;
}

bool FoundCredentials::renew(const S3Credentials& used) {
  // Temporary ones in a file may have been replaced by whoever put them there.
  if (!used.expires_at && used.session_token.empty()) return false;
  const auto state = state_.lock();
  if (state->current && state->current->key_id == used.key_id &&
      state->current->session_token == used.session_token) {
    state->current = nullptr;
  }
  return true;
}

S3Credentials FoundCredentials::find(const StopToken& stop) {
  S3Credentials own = find_own(stop);
  const RoleService service{variables_, http_, clock_, region_};
  if (auto role = credentials_of_assumed_role(own, service, stop)) return *std::move(role);
  return own;
}

S3Credentials FoundCredentials::find_own(const StopToken& stop) {
  if (auto found = credentials_of_variables(variables_)) return *std::move(found);
  if (auto found = credentials_of_files(variables_)) return *std::move(found);
  const RoleService service{variables_, http_, clock_, region_};
  if (auto found = credentials_of_web_identity(service, stop)) return *std::move(found);
  if (auto found = credentials_of_container(variables_, http_, stop)) return *std::move(found);
  if (auto found = credentials_of_machine(variables_, http_, timer_, stop)) {
    return *std::move(found);
  }
  throw_none();
}

}  // namespace snapfs
