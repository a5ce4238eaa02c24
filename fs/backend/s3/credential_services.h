// Temporary credentials from where this program runs: the containers and virtual machines of
// Amazon, and others that do it the same way. Sources: AWS SDKs and Tools Reference Guide,
// "Container credential provider" and "IMDS credential provider".
#pragma once

#include <optional>

#include "fs/backend/environment_lookup.h"
#include "fs/backend/http/http_client.h"
#include "fs/backend/s3/s3_credentials.h"
#include "fs/base/timer.h"

namespace snapfs {

/// Nothing when no variable names a service. Throws Error{kWrongCredentials} when it gives none,
/// kUsage when the variable names a place that must not be asked, and what HttpClient throws.
std::optional<S3Credentials> credentials_of_container(const EnvironmentLookup& variables,
                                                      HttpClient& http, const StopToken& stop);

/// Nothing when there is no such service, which is found out within a second, or it knows of none,
/// or AWS_EC2_METADATA_DISABLED is true.
std::optional<S3Credentials> credentials_of_machine(const EnvironmentLookup& variables,
                                                    HttpClient& http, Timer& timer,
                                                    const StopToken& stop);

}  // namespace snapfs
