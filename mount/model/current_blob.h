// A blob from where it is now, in a repository that others may be pruning: a mount that takes no
// lock meets packs that went after it read the index.
#pragma once

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "fs/format/blob.h"

namespace snapfs {

class Repository;

/// As Repository::load_blob; when the blob is not intact where the index says, the index files that
/// came since are read, and the blob is looked for once more. Thread-safe.
Bytes load_current_blob(Repository& repository, const BlobHandle& blob, const StopToken& stop);

}  // namespace snapfs
