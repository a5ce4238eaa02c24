#include "fs/backend/open/open.h"

#include <memory>

#include "fs/backend/dry_run.h"
#include "fs/backend/local.h"
#include "fs/backend/stack/request_limit.h"

namespace snapfs {

// A directory answers or fails, and the kernel has a patience of its own: nothing is made again,
// and nothing waits.
BackendStack open_storage(const RepositoryLocation& location, const StorageOptions& options) {
  BackendStack stack(std::make_unique<LocalBackend>(location.path));
  if (options.pretend) stack.put_before<DryRunBackend>();
  return stack;
}

void put_far_away(BackendStack& stack, const StorageOptions& options, Timer& timer) {
  const unsigned most = stack.top().traits().requests;
  stack.put_before<RequestLimitBackend>(most);
  stack.put_before<RetryBackend>(options.on_retry, RetryPolicy{}, timer);
}

}  // namespace snapfs
