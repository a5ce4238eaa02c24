// A stored pack's own list of what is in it.
#pragma once

#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/stop_token.h"
#include "fs/format/pack.h"

namespace snapfs {

class Repository;

/// The entries of the pack's header, in one or two accesses to the end of the file. Throws
/// Error{kDamaged} naming the pack, and what loading throws.
std::vector<PackEntry> read_pack_header(Repository& repository, const FileInfo& pack,
                                        StopToken stop);

}  // namespace snapfs
