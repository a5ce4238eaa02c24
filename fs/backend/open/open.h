// From a repository's location to its storage, with all that stands before it: the one place where
// both are chosen.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "fs/backend/environment_lookup.h"
#include "fs/backend/http/http_options.h"
#include "fs/backend/open/location.h"
#include "fs/backend/open/paced_client.h"
#include "fs/backend/rest/rest_location.h"
#include "fs/backend/stack/backend_stack.h"
#include "fs/backend/stack/retry.h"

namespace snapfs {

struct StorageOptions {
  bool pretend = false;                     ///< nothing is written, though everything seems to be
  RetryListener on_retry = {};              ///< hears of calls that are made again; may be empty
  StopToken last_call = {};                 ///< see RetryBackend
  std::function<void()> permit_again = {};  ///< see RetryBackend

  /// What the option -o sets: "rest.connections" to "5". Those of other schemes are passed over.
  std::map<std::string, std::string> extended = {};
  HttpOptions http = {};
  TransferRates rates = {};
  RestCredentials rest = {};  ///< where the location names nobody

  /// Hears of what programs say that reach the storage for us, on threads of their own; may be
  /// empty.
  std::function<void(const std::string& line)> on_line = {};

  /// The environment, for the credentials of object stores. It must stay as it is as long as the
  /// storage is there.
  EnvironmentLookup variables = [](std::string_view) { return std::nullopt; };
};

/// The storage behind the location; asks nothing of it yet. Throws Error{kUsage} for what no
/// storage of its scheme can be called, and for an option that the scheme does not have.
BackendStack open_storage(const RepositoryLocation& location, const StorageOptions& options = {});

/// What stands before every storage that is far away: calls are made again when it does not
/// answer, and no more are under way than it is good at. One that waits to be made again holds
/// nobody's place. The timer must outlive the stack.
void put_far_away(BackendStack& stack, const StorageOptions& options,
                  Timer& timer = steady_timer());

}  // namespace snapfs
