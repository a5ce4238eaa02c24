// The frame around the nodes; its newline is part of what the tree's ID is the digest of.
#include "fs/tree/tree_builder.h"

#include <utility>

namespace snapfs {

TreeBuilder::TreeBuilder() : json_(kOpening) {}

void TreeBuilder::add(std::string_view node_json) {
  if (json_.size() > kOpening.size()) json_ += ',';
  json_ += node_json;
}

std::string TreeBuilder::finish() {
  json_ += kClosing;
  return std::exchange(json_, std::string(kOpening));
}

}  // namespace snapfs
