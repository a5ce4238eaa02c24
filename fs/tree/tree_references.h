// What a tree blob refers to, and nothing else of it: for who has to see every blob that is in use.
// Read in one pass of simdjson's on-demand parser, without decoding names, times or attributes.
#pragma once

#include <string_view>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"

namespace snapfs {

/// In the blob's order, doubles included.
struct TreeReferences {
  std::vector<Id> contents;  ///< data blobs
  std::vector<Id> subtrees;
};

/// More rather than less: whatever any reader of the format would take for a reference is one, of
/// nodes of any type. Names are not looked at. Throws Error{kDamaged} naming `what` when the blob
/// is not a tree. `blob` is taken over because the parser needs room behind it.
TreeReferences read_references(Bytes blob, std::string_view what = "tree");

}  // namespace snapfs
