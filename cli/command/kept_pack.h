// Copies of damaged packs outside the repository, made before these are removed from it.
#pragma once

#include <string>

#include "fs/base/bytes.h"
#include "fs/base/id.h"

namespace snapfs {

/// Stores the bytes as "pack-ID" in the directory, whole and durable, or not at all. The same copy
/// of an earlier run is left as it is; Error{kExists} when that has other content.
void keep_pack(const std::string& directory, const Id& pack, ByteView bytes);

}  // namespace snapfs
