// From version 1 of the format to version 2, which allows compression (FORMAT §4, §17). Needs an
// exclusive lock, which the caller holds.
#pragma once

#include "fs/base/stop_token.h"

namespace snapfs {

class Repository;

/// Whether the repository has version 1.
bool can_upgrade(const Repository& repository);

/// Puts a config of version 2 in place of the one that is there, in one step, and reads it back.
/// Nothing else changes: what is stored stays as it is, uncompressed, and programs that know only
/// version 1 cannot open the repository any more. `repository` still goes by version 1; open it
/// again. Error{kUsage} when it has version 2 already.
void upgrade_to_version_2(Repository& repository, StopToken stop);

}  // namespace snapfs
