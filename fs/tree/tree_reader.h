// Tree blobs read back (FORMAT §10.8), with everything hostile refused: names that no file system
// can have, names out of order or twice. A tree that is only passed on is never written anew from
// this: fields that we do not know would be lost, and the ID would change.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "fs/base/bytes.h"
#include "fs/base/stop_token.h"
#include "fs/tree/node.h"

namespace snapfs {

class Repository;
class TreeText;

/// Calls `visit` for each node in the blob's order, which is strictly ascending by raw name. Throws
/// Error{kDamaged} naming `what` for malformed JSON (before any call), a node whose name is
/// unusable or out of order, a file without content, or a directory without subtree, and
/// Error{kCancelled}: a single node can have millions of contents. Thread-safe.
void parse_tree(ByteView blob, const std::function<void(Node&&)>& visit,
                std::string_view what = "tree", const StopToken& stop = {});

/// The same of a text that was split already. One that nobody needs any more is given back while it
/// is read, if it is large.
void parse_tree(const TreeText& text, const std::function<void(Node&&)>& visit,
                std::string_view what, const StopToken& stop);
void parse_tree(TreeText&& text, const std::function<void(Node&&)>& visit, std::string_view what,
                const StopToken& stop);

/// The same of a blob that nobody needs any more: of a large one, in little more memory than its
/// text takes. Malformed JSON in the middle of that may show after some calls only.
void parse_tree(Bytes&& blob, const std::function<void(Node&&)>& visit,
                std::string_view what = "tree", const StopToken& stop = {});

/// One node from its object. Throws as parse_tree does.
Node parse_node(std::string_view json, std::string_view what = "node", const StopToken& stop = {});

/// Calls `visit` for each node of a stored tree. Throws what Repository::load_blob and parse_tree
/// throw, naming the tree.
void visit_tree(Repository& repository, const Id& tree, const std::function<void(Node&&)>& visit,
                const StopToken& stop);

/// A whole directory. Throws what visit_tree throws.
std::vector<Node> load_tree(Repository& repository, const Id& tree, StopToken stop);

/// The one of its nodes that is called so. Throws what visit_tree throws.
std::optional<Node> find_in_tree(Repository& repository, const Id& tree, std::string_view name,
                                 const StopToken& stop);

}  // namespace snapfs
