// A node's JSON with one thing in it changed, and every other byte as it was: fields that we do not
// know, and the zone that times were written in, survive.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "fs/base/id.h"

namespace snapfs {

/// Another subtree in a directory's node. Throws Error{kDamaged} when the node has none.
std::string with_subtree(std::string_view node_json, const Id& subtree);

/// Another content in a file's node, and the size that goes with it.
std::string with_content(std::string_view node_json, std::span<const Id> content,
                         std::uint64_t size);

}  // namespace snapfs
