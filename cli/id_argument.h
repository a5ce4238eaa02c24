// IDs of files and blobs as users type them: whole, or as much as is unambiguous.
#pragma once

#include <string_view>
#include <vector>

#include "fs/backend/file_key.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/repo/blob.h"

namespace snapfs {

class Repository;

/// The stored file of the kind whose ID begins with `text`. A whole ID is not looked for. Throws
/// Error{kUsage} for what is no ID or stands for several, Error{kNotFound}.
Id find_file(Repository& repository, FileKind kind, std::string_view text, StopToken stop);

/// The blobs whose IDs begin with `text`: several, when one is data and one a tree. The index is
/// loaded. Throws as find_file does.
std::vector<BlobHandle> find_blobs(Repository& repository, std::string_view text);

}  // namespace snapfs
