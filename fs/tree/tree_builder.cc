// The frame around the nodes; its newline is part of what the tree's ID is the digest of.
#include "fs/tree/tree_builder.h"

#include <utility>

#include "fs/base/bytes.h"
#include "fs/crypto/sha256.h"

namespace snapfs {

TreeBuilder::TreeBuilder() : json_(kOpening) {}

void TreeBuilder::reserve(std::size_t bytes) {
  json_.reserve(json_.size() + bytes + kClosing.size());
}

void TreeBuilder::separate() {
  if (json_.size() > kOpening.size()) json_ += ',';
}

void TreeBuilder::add(std::string_view node_json) {
  separate();
  json_ += node_json;
}

void TreeBuilder::add(const BriefNode& node) {
  separate();
  node.append_to(json_);
}

std::string TreeBuilder::finish() {
  json_ += kClosing;
  return std::exchange(json_, std::string(kOpening));
}

const Id& empty_tree() {
  static const Id id = sha256(as_bytes(TreeBuilder().finish()));
  return id;
}

}  // namespace snapfs
