// The storage of a repository that the command line names, with what it says of connections.
#pragma once

#include <functional>
#include <string>

#include "fs/backend/open/location.h"
#include "fs/backend/stack/backend_stack.h"
#include "fs/base/stop_token.h"

namespace snapfs {

struct GlobalOptions;

/// What a command may do to the repository.
enum class Writing {
  kAllowed,
  kPretended,  ///< nothing is written, not even a lock, though everything seems to be
};

/// Asks nothing of the storage yet; what is asked again later is told as a warning. Throws
/// Error{kUsage} for options that are wrong, kNotFound for a file of certificates that is not
/// there. After `last_call` nothing is waited for to be cleaned up. `permit_again`: see
/// RetryBackend.
BackendStack open_storage(const GlobalOptions& options, const RepositoryLocation& location,
                          Writing writing = Writing::kAllowed, StopToken last_call = {},
                          std::function<void()> permit_again = {});

}  // namespace snapfs
