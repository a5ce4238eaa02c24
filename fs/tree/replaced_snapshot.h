// The second half of putting a changed snapshot in another's place.
#pragma once

#include "fs/base/id.h"
#include "fs/base/stop_token.h"

namespace snapfs {

class Repository;

/// Removes the snapshot `old`, in whose place `replacement` was stored. When that fails the Error
/// says so, with the code and words of the failure: both are there then, as on a server that lets
/// nothing be removed.
void remove_replaced_snapshot(Repository& repository, const Id& old, const Id& replacement,
                              const StopToken& stop);

}  // namespace snapfs
