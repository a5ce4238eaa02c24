// The files in which Amazon's tools keep credentials: INI files with a section for each profile.
// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
#pragma once

#include <optional>

#include "fs/backend/environment_lookup.h"
#include "fs/backend/s3/s3_credentials.h"

namespace snapfs {

/// Those of the profile AWS_PROFILE, or else "default". Nothing when there is no such file, or
/// none in it and no profile was named. Throws Error{kWrongCredentials} for a profile that was
/// named and is not there, or has one of the two keys, kUnsupported for one that says to get them
/// by running a program or by logging in, and what reading a file throws.
std::optional<S3Credentials> credentials_of_files(const EnvironmentLookup& variables);

}  // namespace snapfs
