// A node's JSON with one thing in it changed, and every other byte as it was: fields that we do not
// know, and the zone that times were written in, survive.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fs/base/id.h"
#include "fs/tree/brief_node.h"

namespace snapfs {

/// Another subtree in a directory's node. Throws Error{kDamaged} when the node has none.
std::string with_subtree(std::string_view node_json, const Id& subtree);

/// Another content in a file's node, and the size that goes with it. Throws Error{kDamaged} when
/// the node has none.
BriefNode with_content(std::string_view node_json, std::vector<Id> content, std::uint64_t size);

}  // namespace snapfs
