#include "fs/backend/s3/s3_credentials.h"

#include <utility>

#include "fs/backend/s3/credential_files.h"
#include "fs/backend/s3/credential_services.h"
#include "fs/backend/s3/role_credentials.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

/// New ones are there at least five minutes before the old ones expire.
constexpr std::int64_t kRenewBefore = 240;

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
    const auto state = state_.lock();
    old = state->current;
    if (old && is_valid_for(*old, state->is_renewing ? 0 : kRenewBefore)) return old;
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
    state->current = found;
    return found;
  } catch (const Error& error) {
    state_.lock()->is_renewing = false;
    if (!old || error.code() == ErrorCode::kCancelled) throw;
    if (is_valid_for(*old, 0)) return old;
    // There were some before, so that there is somebody to ask again.
    throw Error(ErrorCode::kUnavailable,
                std::string("the credentials for the object store expired: ") + error.what());
  }
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
