// What a REST server answers when it is asked for all files of a kind: JSON of one of two versions.
#pragma once

#include <string_view>
#include <vector>

#include "fs/backend/backend.h"
#include "fs/base/bytes.h"
#include "fs/base/id.h"

namespace snapfs {

/// [{"name": "<ID>", "size": 1}], of version 2. Names that are not IDs are passed over. Throws
/// Error{kUnsupported} for what is no such list; `location` is what the message calls the server.
std::vector<FileInfo> parse_sized_list(ByteView json, std::string_view location);

/// ["<ID>"], of version 1; otherwise the same.
std::vector<Id> parse_name_list(ByteView json, std::string_view location);

}  // namespace snapfs
