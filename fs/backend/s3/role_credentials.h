// Temporary credentials of a role, from Amazon's security token service or another that speaks its
// protocol. Source: AWS Security Token Service API Reference, "AssumeRole" and
// "AssumeRoleWithWebIdentity".
#pragma once

#include <optional>
#include <string>

#include "fs/backend/environment_lookup.h"
#include "fs/backend/http/http_client.h"
#include "fs/backend/s3/s3_credentials.h"
#include "fs/base/stop_token.h"
#include "fs/time/clock.h"

namespace snapfs {

/// Who asks the service, and for where. All of them must outlive it.
struct RoleService {
  const EnvironmentLookup& variables;
  HttpClient& http;
  const Clock& clock;
  std::string region;  ///< of the storage; empty: the service that is for all of them
};

/// The role AWS_ROLE_ARN, for the token in the file AWS_WEB_IDENTITY_TOKEN_FILE, which is read each
/// time: who writes it there writes a new one when it expires. Nothing without a token, also where
/// a role is named: as in Amazon's own libraries, a role alone asks for nothing. Throws
/// Error{kWrongCredentials} when there is a token without a role, or the service refuses, and what
/// reading a file and HttpClient throw.
std::optional<S3Credentials> credentials_of_web_identity(const RoleService& service,
                                                         const StopToken& stop);

/// The role RESTIC_AWS_ASSUME_ROLE_ARN, with the other variables that restic has for it, as `own`
/// may assume it. Nothing when no role is named. Throws Error{kWrongCredentials} when the service
/// refuses, and what HttpClient throws.
std::optional<S3Credentials> credentials_of_assumed_role(const S3Credentials& own,
                                                         const RoleService& service,
                                                         const StopToken& stop);

}  // namespace snapfs
