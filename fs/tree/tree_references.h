// What a tree blob refers to, and nothing else of it: for finding every blob that is in use.
// Read in one pass of simdjson's on-demand parser, without decoding names, times or attributes.
#pragma once

#include <string_view>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/id.h"
#include "fs/base/stop_token.h"
#include "fs/format/blob.h"

namespace snapfs {

/// What a tree refers to is, as in the reference, the content of its files and the subtrees of its
/// directories: all that a reader of a snapshot follows, and all that has to be there. In the
/// blob's order, doubles included.
struct TreeReferences {
  std::vector<Id> contents;  ///< data blobs
  std::vector<Id> subtrees;

  /// What nodes name besides: the content of what is no file, the subtree of what is no directory,
  /// and what a member says that is there once more. Nobody needs these, and they need not exist;
  /// prune keeps them all the same, in case another program knows better.
  std::vector<BlobHandle> others;
};

/// Names are not looked at, nor whether nodes are complete. Throws Error{kDamaged} naming `what`
/// when the blob is not a tree, and Error{kCancelled}: a single node can have millions of contents.
/// `blob` is taken over because the parser needs room behind it.
TreeReferences read_references(Bytes blob, std::string_view what = "tree",
                               const StopToken& stop = {});

}  // namespace snapfs
