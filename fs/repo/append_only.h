// Repositories of which the config says that nothing in them may be removed or replaced: rustic's
// append_only. It is a promise among programs; a server that keeps it has errors of its own.
#pragma once

#include <string_view>

#include "fs/backend/file_key.h"
#include "fs/base/error.h"
#include "fs/repo/stored_files.h"

namespace snapfs {

/// Error{kPermission} for a file that has to stay as it is.
Error append_only_error(const FileKey& file);

/// For what is about to remove or replace files: throws Error{kPermission} before anything is done.
/// `instead` is what the user can do, such as "leave out --forget".
void require_removals(const StoredFiles& files, std::string_view instead);

}  // namespace snapfs
