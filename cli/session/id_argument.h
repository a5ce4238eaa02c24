// IDs of files and blobs as users type them: whole, or as much as is unambiguous.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/file_key.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/format/blob.h"

namespace snapfs {

class Repository;

/// The stored file of the kind whose ID begins with `text`. A whole ID is not looked for. Throws
/// Error{kUsage} for what is no ID or stands for several, Error{kNotFound}.
Id find_file(Repository& repository, FileKind kind, std::string_view text, StopToken stop);

/// Throws Error{kUsage} when one of `names`, each of which stands for a file that the command
/// removes, is an ID of fewer than the eight digits that lists show: a slip of the finger names
/// another one. `what` is a "snapshot", a "key" or a "pack". Names that are no IDs are none of its
/// business.
void require_digits_to_remove(std::span<const std::string> names, std::string_view what);

/// The blobs whose IDs begin with `text`: several, when one is data and one a tree. The index is
/// loaded. Throws as find_file does.
std::vector<BlobHandle> find_blobs(Repository& repository, std::string_view text);

}  // namespace snapfs
