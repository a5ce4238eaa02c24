// A directory's tree blob, put together from its nodes' JSON (FORMAT §10.1).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "fs/base/id.h"
#include "fs/tree/brief_node.h"

namespace snapfs {

/// Not thread-safe.
class TreeBuilder {
 public:
  /// What stands before the first node and behind the last; commas are between them.
  static constexpr std::string_view kOpening = "{\"nodes\":[";
  static constexpr std::string_view kClosing = "]}\n";

  TreeBuilder();

  /// Says that the nodes to come take as many bytes in all, commas included.
  void reserve(std::size_t bytes);

  /// Adds a node's JSON. Nodes come in strictly ascending order of their raw names; the caller
  /// guarantees it.
  void add(std::string_view node_json);
  void add(const BriefNode& node);

  /// The blob's plaintext, newline included. The builder is empty afterwards.
  std::string finish();

 private:
  void separate();

  std::string json_;
};

/// The ID of the tree without nodes: it is known without reading, and can always be made again.
const Id& empty_tree();

}  // namespace snapfs
